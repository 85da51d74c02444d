// SPDX-License-Identifier: Apache-2.0
#include "model/script/lua/bytecode.h"

#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "sim/check.h"

namespace model {
namespace {

// lopcodes.h of Lua 5.4; instructions are op:7 A:8 k:1 B:8 C:8 from the lowest bit.
constexpr uint32_t kGetUpvalue = 9;
constexpr uint32_t kSetUpvalue = 10;
constexpr uint32_t kGetTableOfUpvalue = 11;
constexpr uint32_t kSetTableOfUpvalue = 15;

// lobject.h: variant tags of constants.
constexpr uint8_t kNil = 0x00;
constexpr uint8_t kFalse = 0x01;
constexpr uint8_t kTrue = 0x11;
constexpr uint8_t kInteger = 0x03;
constexpr uint8_t kFloat = 0x13;
constexpr uint8_t kShortString = 0x04;
constexpr uint8_t kLongString = 0x14;

// ldump.c: signature, version 5.4, format 0, and bytes that a text transfer would spoil.
constexpr std::string_view kHeader("\x1bLua\x54\x00\x19\x93\r\n\x1a\n", 12);
constexpr int8_t kAbsoluteLine = -0x80;

struct Upvalue {
  bool in_stack = false;
  size_t index = 0;
};

// Reads on past the end as zeros, and remembers that it did.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  bool failed() const { return failed_; }

  uint8_t Byte() {
    const std::string_view one = Bytes(1);
    return one.empty() ? 0 : static_cast<uint8_t>(one[0]);
  }
  std::string_view Bytes(size_t count) {
    if (count > data_.size() - at_) {
      failed_ = true;
      return {};
    }
    at_ += count;
    return data_.substr(at_ - count, count);
  }
  // Seven bits a byte, the highest first; the last one is marked.
  size_t Size() {
    size_t value = 0;
    for (int i = 0; i < 10 && !failed_; ++i) {
      const uint8_t byte = Byte();
      value = (value << 7) | (byte & 0x7fu);
      if ((byte & 0x80u) != 0) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string Text() {
    const size_t size = Size();
    return size == 0 ? std::string() : std::string(Bytes(size - 1));
  }
  // A number of things that takes at least one byte each.
  size_t Count() {
    const size_t count = Size();
    if (count > data_.size()) failed_ = true;
    return failed_ ? 0 : count;
  }

 private:
  std::string_view data_;
  size_t at_ = 0;
  bool failed_ = false;
};

class CodeReader {
 public:
  explicit CodeReader(std::string_view dump) : reader_(dump) {}

  absl::StatusOr<FunctionCode> Read() {
    if (reader_.Bytes(kHeader.size()) != kHeader) return absl::InvalidArgumentError("not a dump of Lua 5.4");
    const bool sizes = reader_.Byte() == sizeof(uint32_t) && reader_.Byte() == sizeof(lua_Integer) &&
                       reader_.Byte() == sizeof(lua_Number);
    if (!sizes) return absl::InvalidArgumentError("numbers of another size");
    reader_.Bytes(sizeof(lua_Integer) + sizeof(lua_Number) + 1);
    Function function = ReadFunction();
    if (reader_.failed()) return absl::InvalidArgumentError("the dump is cut short");
    std::vector<GlobalUse> globals = GlobalsOf(function);
    return FunctionCode{std::move(function.uses), std::move(globals)};
  }

 private:
  struct Function {
    std::vector<Upvalue> upvalues;
    std::vector<UpvalueUse> uses;
    std::vector<GlobalUse> fields;  // line and name; the upvalue stands beside.
    std::vector<size_t> field_upvalues;
  };

  Function ReadFunction() {
    Function function;
    reader_.Text();  // Source.
    const auto first_line = static_cast<int>(reader_.Size());
    reader_.Size();    // Last line.
    reader_.Bytes(3);  // Parameters, vararg, stack size.
    const std::string_view code = reader_.Bytes(reader_.Count() * sizeof(uint32_t));
    const std::vector<std::string> constants = ReadConstants();
    const size_t upvalues = reader_.Count();
    for (size_t i = 0; i < upvalues; ++i) {
      const bool in_stack = reader_.Byte() != 0;
      function.upvalues.push_back({in_stack, reader_.Byte()});
      reader_.Byte();  // Kind.
    }
    function.uses.resize(upvalues);
    const size_t inner_count = reader_.Count();
    std::vector<Function> inner;
    for (size_t i = 0; i < inner_count && !reader_.failed(); ++i) inner.push_back(ReadFunction());
    const std::vector<int> lines = ReadLines(first_line, code.size() / sizeof(uint32_t));
    SkipLocals();
    const size_t names = reader_.Count();
    for (size_t i = 0; i < names && !reader_.failed(); ++i) {
      const std::string name = reader_.Text();
      if (i < upvalues) function.uses[i].name = name;
    }
    if (reader_.failed()) return function;
    Interpret(code, constants, lines, &function);
    for (const Function& one : inner) MergeInner(one, &function);
    return function;
  }

  // Fields of the upvalue that is the outermost function's _ENV.
  static std::vector<GlobalUse> GlobalsOf(const Function& function) {
    size_t environment = 0;
    for (size_t i = 0; i < function.uses.size(); ++i) {
      if (function.uses[i].name == "_ENV") environment = i;
    }
    std::vector<GlobalUse> globals;
    for (size_t i = 0; i < function.fields.size(); ++i) {
      if (function.field_upvalues[i] == environment) globals.push_back(function.fields[i]);
    }
    return globals;
  }

  std::vector<std::string> ReadConstants() {
    std::vector<std::string> constants(reader_.Count());
    for (std::string& constant : constants) {
      switch (reader_.Byte()) {
        case kNil:
        case kFalse:
        case kTrue:
          break;
        case kFloat:
        case kInteger:
          reader_.Bytes(8);
          break;
        case kShortString:
        case kLongString:
          constant = reader_.Text();
          break;
        default:
          reader_.Bytes(SIZE_MAX);  // Unknown: fails.
          break;
      }
      if (reader_.failed()) break;
    }
    return constants;
  }

  std::vector<int> ReadLines(int first_line, size_t instructions) {
    const std::string_view deltas = reader_.Bytes(reader_.Count());
    const size_t absolute_count = reader_.Count();
    std::vector<std::pair<size_t, int>> absolute;
    for (size_t i = 0; i < absolute_count && !reader_.failed(); ++i) {
      const size_t pc = reader_.Size();
      absolute.emplace_back(pc, static_cast<int>(reader_.Size()));
    }
    std::vector<int> lines(instructions, first_line);
    int line = first_line;
    size_t next = 0;
    for (size_t pc = 0; pc < deltas.size() && pc < instructions; ++pc) {
      const auto delta = static_cast<int8_t>(deltas[pc]);
      if (delta != kAbsoluteLine) {
        line += delta;
      } else {
        while (next < absolute.size() && absolute[next].first < pc) ++next;
        if (next < absolute.size()) line = absolute[next].second;
      }
      lines[pc] = line;
    }
    return lines;
  }

  void SkipLocals() {
    const size_t count = reader_.Count();
    for (size_t i = 0; i < count && !reader_.failed(); ++i) {
      reader_.Text();
      reader_.Size();
      reader_.Size();
    }
  }

  static void Note(int line, int* first) {
    if (*first == 0) *first = line;
  }

  static void Interpret(std::string_view code, const std::vector<std::string>& constants,
                        const std::vector<int>& lines, Function* function) {
    for (size_t pc = 0; pc < lines.size(); ++pc) {
      uint32_t instruction = 0;
      std::memcpy(&instruction, code.data() + pc * sizeof(instruction), sizeof(instruction));
      const uint32_t a = (instruction >> 7) & 0xff;
      const uint32_t b = (instruction >> 16) & 0xff;
      const uint32_t c = (instruction >> 24) & 0xff;
      const uint32_t op = instruction & 0x7f;
      const bool sets_field = op == kSetTableOfUpvalue;
      const size_t upvalue = sets_field ? a : b;
      if (op != kGetUpvalue && op != kSetUpvalue && op != kGetTableOfUpvalue && !sets_field) continue;
      if (upvalue >= function->uses.size()) continue;
      UpvalueUse& use = function->uses[upvalue];
      Note(lines[pc], op == kSetUpvalue ? &use.assigned_line : &use.read_line);
      const size_t key = sets_field ? b : c;
      if ((op == kGetTableOfUpvalue || sets_field) && key < constants.size()) {
        function->fields.push_back({constants[key], lines[pc], sets_field});
        function->field_upvalues.push_back(upvalue);
      }
    }
  }

  // What an inner function does to an upvalue of the outer one, the outer one does.
  static void MergeInner(const Function& inner, Function* outer) {
    for (size_t i = 0; i < inner.upvalues.size(); ++i) {
      const Upvalue& upvalue = inner.upvalues[i];
      if (upvalue.in_stack || upvalue.index >= outer->uses.size()) continue;
      UpvalueUse& use = outer->uses[upvalue.index];
      if (inner.uses[i].assigned_line != 0) Note(inner.uses[i].assigned_line, &use.assigned_line);
      if (inner.uses[i].read_line != 0) Note(inner.uses[i].read_line, &use.read_line);
    }
    for (size_t i = 0; i < inner.fields.size(); ++i) {
      const Upvalue& upvalue = inner.upvalues[inner.field_upvalues[i]];
      if (upvalue.in_stack) continue;
      outer->fields.push_back(inner.fields[i]);
      outer->field_upvalues.push_back(upvalue.index);
    }
  }

  Reader reader_;
};

int AppendChunk(lua_State* /*L*/, const void* data, size_t size, void* to) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
  return 0;
}

}  // namespace

absl::StatusOr<FunctionCode> ReadFunctionCode(std::string_view dump) { return CodeReader(dump).Read(); }

std::string DumpFunction(lua_State* L) {
  std::string dump;
  SIM_CHECK(lua_dump(L, &AppendChunk, &dump, /*strip=*/0) == 0);
  return dump;
}

FunctionCode CodeOf(lua_State* L, int index) {
  lua_pushvalue(L, index);
  absl::StatusOr<FunctionCode> code = ReadFunctionCode(DumpFunction(L));
  lua_pop(L, 1);
  SIM_CHECK_MSG(code.ok(), std::string(code.status().message()));
  return *std::move(code);
}

}  // namespace model
