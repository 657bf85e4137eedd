// Where to insert text into the body of an `initialize` request so that keys are set in
// params.initializationOptions.env, whatever of that path is missing, null, present or repeated.
// Every byte that is not part of the insertion stays as it was. Only computes; changes nothing.
// Which of repeated members counts, and what `build.env` is: FORMAT.md, "The place of the
// environment".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bridge::framing {

struct EnvValue {
  std::string_view name;
  std::string_view value;  // escaped as a JSON string; bytes that are no UTF-8 become U+FFFD
};

// The new body is body[0, offset) + text + body[offset + erased, end).
struct Insertion {
  std::size_t offset = 0;
  std::size_t erased = 0;  // bytes replaced: the word `null`, else 0
  std::string text;
  friend bool operator==(const Insertion&, const Insertion&) = default;
};

enum class EnvPrecedence {
  client,  // a name that the client sends stays the client's
  ours,    // our value counts, also where the client sends the name
};

// nullopt where there is nothing to do (no values left to set) or the body has no place for them:
// params, initializationOptions or env is neither an object nor null, or the body is no object.
std::optional<Insertion> insert_env(std::string_view body, std::span<const EnvValue> values,
                                    EnvPrecedence precedence);

}  // namespace bridge::framing
