// SPDX-License-Identifier: Apache-2.0
#include "tools/txgsim/sweep/judge.h"

#include <algorithm>

#include "fmt/format.h"
#include "model/script/result/expect.h"
#include "tools/txgsim/commands.h"
#include "tools/txgsim/output.h"
#include "tools/txgsim/sweep/run.h"

namespace tools {

bool SweepJudge::Allowed(const Json& params) const {
  return std::all_of(base_->scenario.params.begin(), base_->scenario.params.end(), [&](const auto& param) {
    return param.choices.empty() ||
           std::any_of(param.choices.begin(), param.choices.end(), [&](const model::ParamValue& choice) {
             return ToJson(model::ResultValue::FromParam(choice)) == params.at(param.name);
           });
  });
}

std::vector<Json> SweepJudge::JudgeOnce(const model::ResultValue& runs, const std::string& why_not) {
  expectations_ = Json::array();
  error_.reset();
  std::vector<Json> wanted;
  for (const model::ExpectDecl& expect : base_->scenario.expects) {
    if (!expect.on_sweep) continue;
    Json entry = {{"text", expect.sentence}, {"held", nullptr}, {"actual", nullptr}};
    if (why_not.empty()) {
      const model::ExpectJudgement judgement = model::JudgeExpectation(*base_, expect, runs);
      entry["held"] = judgement.held;
      if (!judgement.actual.empty()) entry["actual"] = judgement.actual;
      if (judgement.error) entry["actual"] = judgement.error->Message();
      if (judgement.error && !error_) error_ = judgement.error;
      for (const model::ResultValue& one : judgement.wanted) {
        const Json params = ToJson(one);
        const bool known = std::find(wanted.begin(), wanted.end(), params) != wanted.end();
        if (!known && Allowed(params)) wanted.push_back(params);
      }
    } else {
      entry["actual"] = fmt::format("not checked ({})", why_not);
    }
    expectations_.push_back(std::move(entry));
  }
  return wanted;
}

int SweepJudge::Judge(model::ResultValue* runs, const std::string& why_not) {
  for (;;) {
    const std::vector<Json> wanted = JudgeOnce(*runs, why_not);
    if (wanted.empty() || error_ || !options_.refine) return kExitOk;
    SweepResults& results = added_.emplace_back(plan_.At(wanted), file_.name(), options_.figures);
    Options plain = options_;
    plain.shard.reset();
    SweepRuns more(file_, plain, &results, true);
    if (const int error = more.Run(); error != kExitOk) return error;
    interrupted_ = more.interrupted();
    if (interrupted_) {
      added_.pop_back();  // Half of a step tells nothing.
      JudgeOnce(*runs, "interrupted");
      return kExitOk;
    }
    const model::ResultValue trees = more.TakeTrees();
    for (const model::ResultValue& run : trees.items()) runs->Append(run);
  }
}

bool SweepJudge::held() const {
  return std::all_of(added_.begin(), added_.end(), [](const auto& results) { return results.held(); }) &&
         std::all_of(expectations_.begin(), expectations_.end(), [](const Json& entry) {
           return !entry["held"].is_boolean() || entry["held"].get<bool>();
         });
}

}  // namespace tools
