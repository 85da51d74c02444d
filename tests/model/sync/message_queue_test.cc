// SPDX-License-Identifier: Apache-2.0
#include "model/sync/message_queue.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/support/wait_graph.h"
#include "tests/model/support/world.h"

namespace model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MessageQueueTest : public ::testing::Test {
 protected:
  Thread* Getter(const std::string& name, MessageQueue* queue, int64_t at_ms) {
    return world_.User(
        name,
        [this, queue](Thread* t) -> sim::Task<> {
          MessageQueue::Received received = co_await queue->Get(t);
          log_.push_back(t->name() + (received.error != 0
                                          ? " error " + std::to_string(received.error)
                                          : " got " + std::any_cast<std::string>(received.message)));
        },
        Millis(at_ms));
  }
  Thread* Putter(const std::string& name, MessageQueue* queue, int64_t at_ms) {
    return world_.User(
        name,
        [this, queue](Thread* t) -> sim::Task<> {
          const int error = co_await queue->Put(t, t->name());
          log_.push_back(t->name() + (error != 0 ? " error " + std::to_string(error) : " put"));
        },
        Millis(at_ms));
  }

  World world_;
  std::vector<std::string> log_;
};

TEST_F(MessageQueueTest, MessagesArriveInOrder) {
  MessageQueue queue(&world_.machine, "q", 0);
  Putter("x", &queue, 0);
  Putter("y", &queue, 1);
  Getter("a", &queue, 2);
  Getter("b", &queue, 3);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("x put", "y put", "a got x", "b got y"));
}

TEST_F(MessageQueueTest, AGetterWaitsInSForAMessage) {
  MessageQueue queue(&world_.machine, "q", 0);
  Thread* a = Getter("a", &queue, 0);
  Getter("b", &queue, 0);
  Putter("x", &queue, 5);
  world_.RunUntil(Millis(1));
  EXPECT_EQ(a->StateLetter(), 'S');
  world_.RunUntil(Millis(6));
  EXPECT_THAT(log_, ElementsAre("x put", "a got x"));
}

TEST_F(MessageQueueTest, APutterWaitsForRoomAndIsServedInOrder) {
  MessageQueue queue(&world_.machine, "q", 1);
  Putter("x", &queue, 0);
  Putter("y", &queue, 1);
  Putter("z", &queue, 2);
  Getter("a", &queue, 5);
  Getter("b", &queue, 6);
  Getter("c", &queue, 7);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("x put", "a got x", "y put", "b got y", "z put", "c got z"));
}

// At 5 ms a getter is woken for x; before it runs another one comes and must not take
// its message.
TEST_F(MessageQueueTest, NobodyOvertakesAGetterThatWasWoken) {
  World world(Cores(1));
  MessageQueue queue(&world.machine, "q", 0);
  std::vector<std::string> got;
  auto get = [&](Thread* t) -> sim::Task<> {
    MessageQueue::Received received = co_await queue.Get(t);
    got.push_back(t->name() + std::to_string(std::any_cast<int>(received.message)));
  };
  world.User("first", get);
  world.User("both", [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Millis(1));
    co_await queue.Put(t, 1);
    co_await get(t);  // Still on the core.
  });
  world.User(
      "later", [&](Thread* t) -> sim::Task<> { co_await queue.Put(t, 2); }, Millis(9));
  world.Run();
  EXPECT_THAT(got, ElementsAre("first1", "both2"));
}

TEST_F(MessageQueueTest, ASignalEndsTheWait) {
  MessageQueue queue(&world_.machine, "q", 1);
  Thread* a = Getter("a", &queue, 0);
  a->process()->SetHandled(kSigUsr1, true);
  world_.At(Millis(1), [&] { world_.machine.Signal(a->process(), kSigUsr1); });
  Putter("x", &queue, 2);
  world_.Run();
  EXPECT_THAT(log_, ElementsAre("a error 4", "x put"));
  EXPECT_EQ(queue.size(), 1u);
}

// Each waits for the other to make room or to bring something.
TEST_F(MessageQueueTest, TheGraphKnowsWhoMayPutAndWhoMayGet) {
  MessageQueue queue(&world_.machine, "q", 1);
  Putter("x", &queue, 0);
  Thread* y = Putter("y", &queue, 1);
  Thread* reader = world_.User("reader", [](Thread* t) -> sim::Task<> { co_await t->Compute(Millis(10)); });
  queue.getters().Add(reader);
  world_.RunUntil(Millis(5));
  EXPECT_TRUE(WaitGraph(world_.machine).Needs(y, reader));
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), IsEmpty());
  world_.Run();  // The reader ends without reading.
  EXPECT_THAT(WaitGraph(world_.machine).Hung(), ElementsAre("y"));
}

TEST_F(MessageQueueTest, WhoPollsIsToldOfEachMessageAndWhetherOneIsLeft) {
  MessageQueue queue(&world_.machine, "pipe", 0);
  std::vector<std::pair<std::string, bool>> told;
  queue.OnMessage([&](Thread* by) { told.emplace_back(by->name(), queue.readable()); });
  world_.User("reader", [&](Thread* t) -> sim::Task<> { co_await queue.Get(t); });
  world_.User("writer", [&](Thread* t) -> sim::Task<> {
    co_await t->Compute(Millis(1));
    co_await queue.Put(t, 1);  // For the reader that waits.
    co_await queue.Put(t, 2);
  });
  world_.Run();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0], (std::pair<std::string, bool>("writer", false)));
  EXPECT_EQ(told[1], (std::pair<std::string, bool>("writer", true)));
}

}  // namespace
}  // namespace model
