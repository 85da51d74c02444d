// SPDX-License-Identifier: Apache-2.0
#include "sim/deviation.h"

#include <limits>
#include <optional>
#include <utility>

#include "fmt/format.h"

namespace sim {

namespace {

constexpr std::string_view kForms =
    "accepted: 'base seed=N', 'base nominal', 'choose KIND PATH LABEL #K = N', 'draw KIND PATH LABEL #K = "
    "POINT', "
    "'at ACTOR OPERATION #K take ACTOR OPERATION #K'";

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string Escape(std::string_view name) {
  if (name.empty()) return "%";
  std::string text;
  if (name.starts_with("0x")) {  // Or it would read as a key.
    text = "%30";
    name.remove_prefix(1);
  }
  for (char c : name) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte > 0x20 && byte != '%' && byte != 0x7f) {
      text += c;
    } else {
      text += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    }
  }
  return text;
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string name;
  if (text == "%") return name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const size_t high = kHexDigits.find(text[i + 1]);
    const size_t low = kHexDigits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    name += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return name;
}

std::optional<uint64_t> ParseDigits(std::string_view text, uint64_t base, uint64_t most) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    const size_t digit = kHexDigits.find(c);
    if (digit >= base) return std::nullopt;  // npos included.
    if (value > (most - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

// Takes the words of one line from the left; each Take answers whether the line is still well formed.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  bool done() const { return rest_.empty(); }

  std::string_view Take() {
    const size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return word;
  }
  bool Take(std::string_view expected) { return Take() == expected; }
  bool TakeCount(uint32_t* count) {
    const std::string_view word = Take();
    return word.starts_with('#') && ParseU32(word.substr(1), count);
  }
  bool TakeU32(uint32_t* value) { return ParseU32(Take(), value); }

  // A name of `parts` words, or a key; then "#K".
  bool TakeEvent(int parts, EventKey* event, std::string* name) {
    if (rest_.starts_with("0x")) {
      const std::optional<uint64_t> key =
          ParseDigits(Take().substr(2), 16, std::numeric_limits<uint64_t>::max());
      if (!key.has_value()) return false;
      event->key = *key;
      return TakeCount(&event->count);
    }
    std::vector<std::string> names;
    for (int i = 0; i < parts; ++i) {
      const std::string_view word = Take();
      std::optional<std::string> part = Unescape(word);
      if (word.empty() || !part.has_value()) return false;
      names.push_back(*std::move(part));
    }
    if (parts == 3) {
      event->key = SiteKey(names[0], names[1], names[2]);
      *name = SiteName(names[0], names[1], names[2]);
    } else {
      event->key = EventNameKey(names[0], names[1]);
      *name = EventName(names[0], names[1]);
    }
    return TakeCount(&event->count);
  }

 private:
  static bool ParseU32(std::string_view text, uint32_t* value) {
    const std::optional<uint64_t> parsed = ParseDigits(text, 10, std::numeric_limits<uint32_t>::max());
    if (parsed.has_value()) *value = static_cast<uint32_t>(*parsed);
    return parsed.has_value();
  }

  std::string_view rest_;
};

bool ParseBase(std::string_view word, Schedule* schedule) {
  schedule->nominal = word == "nominal";
  if (schedule->nominal) return true;
  constexpr std::string_view kSeed = "seed=";
  if (!word.starts_with(kSeed)) return false;
  const std::optional<uint64_t> seed =
      ParseDigits(word.substr(kSeed.size()), 10, std::numeric_limits<uint64_t>::max());
  if (seed.has_value()) schedule->seed = *seed;
  return seed.has_value();
}

bool ParseDeviation(std::string_view verb, Words& words, Deviation* deviation) {
  if (verb == "choose") {
    deviation->kind = Deviation::Kind::kChoose;
    return words.TakeEvent(3, &deviation->where, &deviation->where_name) && words.Take("=") &&
           words.TakeU32(&deviation->choice);
  }
  if (verb == "draw") {
    deviation->kind = Deviation::Kind::kDraw;
    if (!words.TakeEvent(3, &deviation->where, &deviation->where_name) || !words.Take("=")) return false;
    const absl::StatusOr<QuantilePoint> point = ParseQuantilePoint(words.Take());
    if (point.ok()) deviation->point = *point;
    return point.ok();
  }
  deviation->kind = Deviation::Kind::kOrder;
  return verb == "at" && words.TakeEvent(2, &deviation->where, &deviation->where_name) &&
         words.Take("take") && words.TakeEvent(2, &deviation->taken, &deviation->taken_name);
}

std::string EventText(const EventKey& event, std::string_view name) {
  if (name.empty()) return fmt::format("0x{:016x} #{}", event.key, event.count);
  return fmt::format("{} #{}", name, event.count);
}

}  // namespace

std::string SiteName(std::string_view kind, std::string_view path, std::string_view label) {
  return fmt::format("{} {} {}", Escape(kind), Escape(path), Escape(label));
}

std::string EventName(std::string_view actor_path, std::string_view operation) {
  return fmt::format("{} {}", Escape(actor_path), Escape(operation));
}

std::string ToText(const Deviation& deviation) {
  const std::string where = EventText(deviation.where, deviation.where_name);
  switch (deviation.kind) {
    case Deviation::Kind::kChoose:
      return fmt::format("choose {} = {}", where, deviation.choice);
    case Deviation::Kind::kDraw:
      return fmt::format("draw {} = {}", where, Name(deviation.point));
    case Deviation::Kind::kOrder:
      break;
  }
  return fmt::format("at {} take {}", where, EventText(deviation.taken, deviation.taken_name));
}

std::string ToText(const Schedule& schedule) {
  std::string text = schedule.nominal ? "base nominal\n" : fmt::format("base seed={}\n", schedule.seed);
  for (const Deviation& deviation : schedule.deviations) text += ToText(deviation) + "\n";
  return text;
}

absl::StatusOr<Schedule> ParseSchedule(std::string_view text) {
  Schedule schedule;
  bool base_seen = false;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    Words words(line);
    const std::string_view verb = words.Take();
    Deviation deviation;
    const bool base = verb == "base";
    const bool good = base ? ParseBase(words.Take(), &schedule) : ParseDeviation(verb, words, &deviation);
    if (!good || !words.done()) {
      return absl::InvalidArgumentError(
          fmt::format("line {}: '{}' is no line of a schedule; {}", number, line, kForms));
    }
    if (base && std::exchange(base_seen, true)) {
      return absl::InvalidArgumentError(
          fmt::format("line {}: '{}' is a second base; accepted: one", number, line));
    }
    if (!base) schedule.deviations.push_back(std::move(deviation));
  }
  return schedule;
}

}  // namespace sim
