// What an editor and its server must agree about once all is quiet.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/simulation/slow_text.h"
#include "tests/simulation/wire.h"

namespace bridge::simulation {

struct Document {
  std::string language;
  std::int64_t version = 0;
  SlowText text;
};

// [version, hash] of each, as it stands in answers.
inline Json digest_of(const Document& document) {
  return Json::array({document.version, std::to_string(document.text.hash())});
}

struct LspState {
  std::map<std::string, Document> documents;  // by URI
  Json configuration;
  std::set<std::string> folders;
  std::string trace = "off";
  // Contents of registrations: method and options. Ids may differ between the two sides.
  std::multiset<std::string> registrations() const {
    std::multiset<std::string> all;
    for (auto const& [id, content] : registered) all.insert(content);
    return all;
  }
  std::map<std::string, std::string> registered;  // id to content
  std::map<std::string, int> diagnostics;         // URI to how many; none is not listed
};

inline std::vector<Edit> edits_of(const Json& changes) {
  std::vector<Edit> edits;
  for (Json const& change : changes) {
    Edit edit{.range = {}, .text = change.at("text").get<std::string>()};
    if (change.contains("range")) {
      auto const place = [&change](const char* end) {
        Json const& at = change.at("range").at(end);
        return Place{at.at("line").get<std::size_t>(), at.at("character").get<std::size_t>()};
      };
      edit.range = {place("start"), place("end")};
    }
    edits.push_back(std::move(edit));
  }
  return edits;
}

}  // namespace bridge::simulation
