// The journal's text is gopls' text: the same messages to both, edits that gopls refuses among
// them, and then gopls is asked for what it has. It has no request for that, but moving a
// declaration to a new file gives the declaration's bytes, and a raw string may hold nearly
// anything.
#include <gtest/gtest.h>

#include <random>

#include "tests/e2e/real_servers.h"
#include "tests/framing/seed.h"
#include "tests/journal/edit_maker.h"
#include "tests/journal/journal_fixture.h"
#include "tests/journal/naive_text.h"
#include "tests/rigs/lsp_client.h"

namespace bridge::session {
namespace {

using rigs::Json;

constexpr std::string_view kBefore = "package a\n\nconst Text = `\n";
constexpr std::string_view kBehind = "\n`\n";

bool is_framed(std::string_view text) {
  return text.size() >= kBefore.size() + kBehind.size() && text.starts_with(kBefore) &&
         text.ends_with(kBehind);
}

// Go's scanner drops carriage returns from raw strings. Where they stand shows in the columns of
// later edits.
std::string without_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

class GoplsText : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    BRIDGE_REQUIRE_SERVER(GetParam());
    module_.write("go.mod", "module a\n\ngo 1.21\n");
    path_ = module_ / "text_of_gopls.go";
    uri_ = rigs::file_uri(path_);
    child_.emplace(rigs::ChildSettings{.argv = {e2e::server_path(GetParam())},
                                       .env = e2e::bridge_env(),
                                       .directory = module_.path(),
                                       .wait_max = std::chrono::seconds(60)});
    client_.emplace(*child_);
    client_->initialize(module_.path());
  }
  void TearDown() override {
    if (!client_) return;
    client_->request("shutdown", nullptr);
    client_->notify("exit", nullptr);
    child_->wait_exit();
  }

  void send(const std::string& body) {
    child_->send_frame(body);
    from_editor(journal_, body);
  }
  void edit(std::string_view changes) { send(did_change(uri_, ++version_, changes)); }
  std::string text() const { return journal_.documents().at(0).text.text(); }

  // The file as gopls has it, its package clause and the constant. Reads frames by itself: to the
  // null that LspClient answers with, gopls' applyEdit falls over.
  std::string text_in_gopls() {
    std::string const id = std::to_string(++asked_);
    child_->send_frame(request(
        '"' + id + '"', "workspace/executeCommand",
        R"({"command":"gopls.extract_to_new_file","arguments":[{"uri":")" + uri_ +
            R"(","range":{"start":{"line":2,"character":0},"end":{"line":2,"character":5}}}]})"));
    std::string text = "no edit";
    while (auto const body = child_->read_frame()) {
      auto const message = Json::parse(*body);
      if (!message.contains("method")) {
        if (message["id"] == id) return message.contains("error") ? message.dump() : text;
      } else if (message.contains("id")) {
        Json result = nullptr;
        if (message["method"] == "workspace/configuration")
          result = Json::array_t(message["params"]["items"].size(), nullptr);
        if (message["method"] == "workspace/applyEdit") {
          text = new_text(message["params"]["edit"]["documentChanges"]);
          result = {{"applied", true}};  // a lie: nothing is written
        }
        child_->send_frame(answer(message["id"].dump(), result.dump()));
      }
    }
    return "gopls has ended: " + child_->errors();
  }

  // The edit takes the constant out of our file, at the version that gopls has, and puts it into
  // another.
  std::string new_text(const Json& changes) {
    std::string text = "an edit of no other file";
    for (auto const& edited : changes) {
      if (!edited.contains("textDocument")) continue;
      if (edited["textDocument"]["uri"] == uri_) {
        version_in_gopls_ = edited["textDocument"]["version"];
      } else {
        text = edited["edits"][0]["newText"];
      }
    }
    return text;
  }
  testing::AssertionResult same_in_gopls() {
    std::string const gopls = text_in_gopls();
    auto const& document = journal_.documents().at(0);
    if (gopls != without_returns(document.text.text()))
      return testing::AssertionFailure() << "gopls has\n"
                                         << gopls << "\nthe journal has\n"
                                         << text();
    if (version_in_gopls_ != document.version)
      return testing::AssertionFailure()
             << "gopls has version " << version_in_gopls_ << ", the journal " << document.version;
    return testing::AssertionSuccess();
  }

  rigs::TempDir module_;
  std::string path_, uri_;
  std::optional<rigs::StdioChild> child_;
  std::optional<rigs::LspClient> client_;
  Journal journal_;
  int version_ = 1;
  int asked_ = 0;
  std::int64_t version_in_gopls_ = 0;
};

TEST_P(GoplsText, IsTheJournalsAfterAnyEdits) {
  std::mt19937_64 random(framing::test_seed());
  EditMaker maker([&](std::size_t n) { return random() % n; });
  NaiveText naive(std::string(kBefore) + maker.text(30) + std::string(kBehind),
                  PositionEncoding::utf16);
  send(did_open(uri_, naive.text()));
  ASSERT_TRUE(same_in_gopls());
  int taken = 0;
  int refused = 0;
  for (int round = 0; round < 40; ++round) {
    for (int step = 0; step < 12; ++step) {
      NaiveText tried = naive;
      std::string changes;
      bool applies = true;
      for (std::size_t count = 1 + random() % 2; count > 0; --count) {
        MadeEdit made = maker.edit(tried);
        // What is left of a short text would hardly be edited.
        if (tried.text().size() < 150) made = {{3, 0}, {3, 0}, maker.text(40)};
        applies = applies && tried.edit(made.start, made.end, made.text);
        changes += (changes.empty() ? "" : ",") + change(made.start, made.end, made.text);
      }
      // What would break the constant is not sent.
      if (applies && !is_framed(tried.text())) continue;
      edit("[" + changes + "]");
      ++(applies ? taken : refused);
      if (applies) naive = tried;
    }
    ASSERT_EQ(text(), naive.text()) << "seed " << framing::test_seed() << " round " << round;
    ASSERT_TRUE(same_in_gopls()) << "seed " << framing::test_seed() << " round " << round;
  }
  EXPECT_GT(taken, 100);
  EXPECT_GT(refused, 60);
  EXPECT_TRUE(journal_.take_remarks().empty());
}

// Each in a session that goes on: what gopls answers to a message that it does not take is nothing.
TEST_P(GoplsText, IsTheJournalsAfterUnusualMessages) {
  std::string const raw = std::string(kBefore) + "one\ntwo 😀" + std::string(kBehind);
  send(did_open(uri_, std::string(kBefore) + "one\ntwo 😀" + std::string(kBehind)));
  auto const change_of = [&](std::string_view document, std::string_view changes) {
    return notification("textDocument/didChange", R"({"textDocument":)" + std::string(document) +
                                                      R"(,"contentChanges":)" +
                                                      std::string(changes) + "}");
  };
  std::string const document = R"({"uri":")" + uri_ + R"(","version":7})";
  std::string const here = R"("range":{"start":{"line":3},"end":{"line":3}})";
  int n = 0;
  for (std::string const& changes : {
           std::string("[]"),
           std::string("null"),
           std::string("[1]"),
           std::string("{}"),
           R"([{"text":7}])" + std::string(),
           R"([{)" + here + R"(,"text":"a"},{"text":"b"}])",
           R"([{"rangeLength":1,"text":"x"}])" + std::string(),
           R"([{)" + here + R"(,"rangeLength":-1,"text":"c"}])",
           R"([{)" + here + R"(,"rangeLength":1.0,"text":"d"}])",
           R"([{)" + here + R"(,"rangeLength":99,"text":"e"}])",
           R"([{)" + here + R"(}])",
           R"([{)" + here + R"(,"text":null}])",
           R"([{"RANGE":{"START":{"LINE":3},"eND":{"line":3}},"tex\u0074":"f"}])" + std::string(),
           R"([{)" + here + R"(,"text":"g","TEXT":"h"}])",
           R"([{"range":{"start":{"line":3}},"range":{"end":{"line":3}},"text":"l"}])" +
               std::string(),
           R"([{"range":{"start":{"line":99}},"range":null,)" + here + R"(,"text":"m"}])",
           R"([{"range":{"start":{"line":3e0},"end":{"line":3}},"text":"i"}])" + std::string(),
           R"([{"range":{"start":{"line":-0},"end":{"line":3}},"text":"j"}])" + std::string(),
           R"([{"range":{"start":{"line":3,"character":null},"end":{"line":3}},"text":"k"}])" +
               std::string(),
           R"([{)" + here + R"(,"text":"\ud83d\ude00\ud83d|\ude00\/\b"}])",
       }) {
    send(change_of(document, changes));
    ASSERT_TRUE(same_in_gopls()) << ++n << ": " << changes;
  }
  // Versions and URIs.
  std::string const typed = R"([{)" + here + R"(,"text":"z"}])";
  std::string over = uri_;
  over.replace(over.find("text_of"), 1, "%74");
  for (std::string const& other :
       {R"({"uri":")" + uri_ + R"(","version":"8"})", R"({"uri":")" + uri_ + R"(","version":8.0})",
        R"({"uri":")" + uri_ + R"(","version":2147483648})",
        R"({"uri":")" + uri_ + R"(","version":null})", R"({"uri":")" + uri_ + R"("})",
        R"({"uri":")" + over + R"(","version":9})",
        R"({"uri":"file:/)" + uri_.substr(7) + R"(","version":9})",
        R"({"uri":"file:\/\/)" + uri_.substr(7) + R"(","version":9})"}) {
    send(change_of(other, typed));
    ASSERT_TRUE(same_in_gopls()) << other;
  }
  send(did_open(uri_, std::string(kBefore) + "opened again" + std::string(kBehind)));
  ASSERT_TRUE(same_in_gopls());
  EXPECT_NE(text().find("opened again"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Releases, GoplsText, testing::Values(e2e::kGopls23, e2e::kGopls24),
                         [](auto const& release) {
                           return release.param == e2e::kGopls23 ? "v0_23_0" : "v0_24_0";
                         });

}  // namespace
}  // namespace bridge::session
