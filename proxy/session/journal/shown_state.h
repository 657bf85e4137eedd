// What a server has made the editor show or do, and has not taken back: registrations, progress,
// diagnostics. A fresh server does not know of it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridge::session {

// What the server registered with the editor (client/registerCapability), not yet unregistered.
struct Registration {
  std::string id;      // decoded
  std::string method;  // decoded
  std::string raw;     // the whole Registration object
};

class ShownState {
 public:
  // Each takes the raw params. False: they could not be read.
  bool register_capability(std::string_view params);
  bool unregister_capability(std::string_view params);
  bool create_progress(std::string_view params);
  bool progress(std::string_view params);
  bool publish_diagnostics(std::string_view params);

  const std::vector<Registration>& registrations() const noexcept { return registrations_; }
  // Raw tokens that have begun and not ended. Only tokens that the server created.
  std::vector<std::string> open_progress() const;
  void forget_progress() noexcept { tokens_.clear(); }
  // Raw URIs whose last diagnostics were not empty, in the order of their text.
  std::vector<std::string> diagnosed() const;
  std::size_t memory() const noexcept;

  struct Token {
    std::string raw;
    bool begun = false;
  };
  const std::vector<Token>& tokens() const noexcept { return tokens_; }
  // For a journal that is taken up.
  void restore(Registration registration) { registrations_.push_back(std::move(registration)); }
  void restore(Token token) { tokens_.push_back(std::move(token)); }
  void restore_diagnosed(std::string raw_uri);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  void erase_registration(std::string_view id);

  std::vector<Registration> registrations_;
  std::vector<Token> tokens_;
  // By raw URI; the flag: it carries diagnostics. Those that no longer do stay for a while: a file
  // that is typed in gains and loses its errors all the time.
  std::unordered_map<std::string, bool, TextHash, std::equal_to<>> diagnosed_;
  std::size_t clean_ = 0;
};

}  // namespace bridge::session
