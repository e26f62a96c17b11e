#include "binding/search_object.h"

#include <cstring>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/program_call.h"
#include "binding/program_object.h"
#include "binding/program_worker.h"

namespace ostinato {
namespace {

Napi::Int32Array int32Array(Napi::Env env, const std::vector<int32_t>& values) {
  Napi::Int32Array array = Napi::Int32Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); i++) array[i] = values[i];
  return array;
}

Napi::Object hypothesisOf(Napi::Env env, const BeamSearch& search, int64_t sentence,
                          const BeamSearch::Hypothesis& hypothesis) {
  const std::vector<BeamSearch::Node>& nodes = search.nodes(sentence);
  const std::vector<int32_t> path = search.path(sentence, hypothesis);
  std::vector<int32_t> ids;
  Napi::Float64Array logProbabilities = Napi::Float64Array::New(env, path.size());
  for (size_t i = 0; i < path.size(); i++) {
    const BeamSearch::Node& node = nodes[static_cast<size_t>(path[i])];
    ids.push_back(node.token);
    logProbabilities[i] = node.logProbability;
  }
  if (hypothesis.ended) ids.pop_back();
  Napi::Object found = Napi::Object::New(env);
  found.Set("ids", int32Array(env, ids));
  found.Set("score", Napi::Number::New(env, hypothesis.score));
  found.Set("logProbabilities", logProbabilities);
  found.Set("ended", Napi::Boolean::New(env, hypothesis.ended));
  if (search.options().attention) {
    const size_t S = static_cast<size_t>(search.attentionColumns());
    Napi::Float32Array attention = Napi::Float32Array::New(env, path.size() * S);
    for (size_t i = 0; i < path.size(); i++) {
      const float* row = search.attention(sentence).data() + static_cast<size_t>(path[i]) * S;
      std::memcpy(attention.Data() + i * S, row, S * sizeof(float));
    }
    found.Set("attention", attention);
  }
  return found;
}

Napi::Float64Array treeOf(Napi::Env env, const std::vector<BeamSearch::Node>& nodes) {
  Napi::Float64Array tree = Napi::Float64Array::New(env, 4 * nodes.size());
  for (size_t i = 0; i < nodes.size(); i++) {
    tree[4 * i] = nodes[i].token;
    tree[4 * i + 1] = nodes[i].parent;
    tree[4 * i + 2] = nodes[i].logProbability;
    tree[4 * i + 3] = nodes[i].score;
  }
  return tree;
}

// Some steps.
class AdvanceWorker final : public ProgramWorker {
 public:
  AdvanceWorker(Napi::Env env, std::shared_ptr<SearchObject::Shared> shared, Store::Lease lease, int64_t steps,
                bool best)
      : ProgramWorker(env, "ostinato.search", shared->search->sharedProgram(), std::move(lease)),
        shared_(std::move(shared)),
        steps_(steps),
        best_(best) {}

 private:
  struct Told {
    bool advanced;
    std::vector<int32_t> tokens;
  };

  void work() override {
    shared_->search->advance(steps_);
    const BeamSearch& search = shared_->search->search();
    finished_ = search.done();
    for (int64_t s = 0; best_ && s < search.options().sentences; s++) {
      const bool advanced = search.advanced(s);
      told_.push_back({advanced, advanced ? search.best(s) : std::vector<int32_t>()});
    }
  }
  void done() override { shared_->busy = false; }
  Napi::Object result(Napi::Env env) override {
    Napi::Object told = Napi::Object::New(env);
    told.Set("done", Napi::Boolean::New(env, finished_));
    Napi::Array best = Napi::Array::New(env, told_.size());
    for (size_t s = 0; s < told_.size(); s++) {
      best[static_cast<uint32_t>(s)] = told_[s].advanced ? Napi::Value(int32Array(env, told_[s].tokens)) : env.Null();
    }
    told.Set("best", best);
    return told;
  }
  const char* purpose() const override { return "the hypotheses of the search"; }

  std::shared_ptr<SearchObject::Shared> shared_;
  int64_t steps_;
  bool best_, finished_ = false;
  std::vector<Told> told_;
};

}  // namespace

Napi::Function SearchObject::define(Napi::Env env) {
  return DefineClass(
      env, "Search",
      {InstanceMethod<&SearchObject::advance>("advance"), InstanceMethod<&SearchObject::result>("result")});
}

SearchObject::SearchObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SearchObject>(info) {
  const Napi::Env env = info.Env();
  std::shared_ptr<Program> program = ProgramObject::from(info[0]);
  const Bytes words = typedArray(info[1], napi_float64_array, "the search");
  auto shared = std::make_shared<Shared>();
  try {
    shared->search = std::make_unique<ProgramSearch>(program, static_cast<const double*>(words.data), words.elements);
  } catch (const ProgramError& error) {
    throw coded(env, "ERR_OSTINATO_PROGRAM", error.what());
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the search");
  }
  const std::vector<Bytes> feeds = feedArrays(*program, info[2]);
  for (size_t i = 0; i < feeds.size(); i++) {
    if (feeds[i].elements == 0) continue;
    std::memcpy(shared->search->input(static_cast<int64_t>(i)), feeds[i].data, feeds[i].elements * 4);
  }
  outside_.add(env, shared->search->bytes());
  shared_ = std::move(shared);
}

void SearchObject::expectIdle(Napi::Env env) const {
  if (!shared_) throw Napi::TypeError::New(env, "expected a Search");
  if (shared_->busy) throw coded(env, "ERR_OSTINATO_BUSY", "the search is under way");
}

Napi::Value SearchObject::advance(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t steps = integerArgument(info, 0, "steps", 1, Replay::kMaxSteps);
  if (!info[1].IsBoolean()) throw Napi::TypeError::New(env, "expected best to be true or false");
  expectIdle(env);
  Store::Lease lease = leaseBound(env, shared_->search->program(), Runs::repeatedly, outside_);
  shared_->busy = true;
  return (new AdvanceWorker(env, shared_, std::move(lease), steps, info[1].As<Napi::Boolean>().Value()))->start();
}

Napi::Value SearchObject::result(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const BeamSearch* whole;
  try {
    whole = &shared_->search->search();
  } catch (const ProgramError& error) {
    throw coded(env, "ERR_OSTINATO_PROGRAM", error.what());
  }
  const BeamSearch& search = *whole;
  Napi::Array sentences = Napi::Array::New(env, static_cast<size_t>(search.options().sentences));
  for (int64_t s = 0; s < search.options().sentences; s++) {
    const Napi::HandleScope scope(env);
    const std::vector<BeamSearch::Hypothesis> ranked = search.ranked(s);
    Napi::Array hypotheses = Napi::Array::New(env, ranked.size());
    for (size_t i = 0; i < ranked.size(); i++)
      hypotheses[static_cast<uint32_t>(i)] = hypothesisOf(env, search, s, ranked[i]);
    Napi::Object sentence = Napi::Object::New(env);
    sentence.Set("hypotheses", hypotheses);
    if (search.options().tree) sentence.Set("tree", treeOf(env, search.nodes(s)));
    sentences[static_cast<uint32_t>(s)] = sentence;
  }
  return sentences;
}

}  // namespace ostinato
