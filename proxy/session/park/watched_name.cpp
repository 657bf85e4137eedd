#include "proxy/session/park/watched_name.h"

#include <algorithm>
#include <array>

namespace bridge::session {
namespace {

using namespace std::string_view_literals;

constexpr std::array kTold{"go"sv, "mod"sv, "sum"sv, "work"sv, "s"sv};
// cmd/go takes these for parts of a package (go/build, Package.CFiles and the like).
constexpr std::array kBesideGo{"c"sv,       "h"sv,    "cc"sv, "cpp"sv, "cxx"sv, "hh"sv,
                               "hpp"sv,     "hxx"sv,  "m"sv,  "S"sv,   "sx"sv,  "swig"sv,
                               "swigcxx"sv, "syso"sv, "f"sv,  "F"sv,   "for"sv, "f90"sv};

}  // namespace

Watched watched(std::string_view directory, std::string_view name) noexcept {
  std::size_t const dot = name.rfind('.');
  if (dot == std::string_view::npos) return Watched::no;
  std::string_view const extension = name.substr(dot + 1);
  if (std::find(kTold.begin(), kTold.end(), extension) != kTold.end()) return Watched::told;
  if (std::find(kBesideGo.begin(), kBesideGo.end(), extension) != kBesideGo.end())
    return Watched::beside_go;
  if (name == "modules.txt" && (directory == "vendor" || directory.ends_with("/vendor")))
    return Watched::vendor_list;
  return Watched::no;
}

bool is_entered(std::string_view name) noexcept {
  constexpr std::array kNot{"."sv, ".."sv, ".git"sv, ".hg"sv, ".svn"sv, ".jj"sv, "node_modules"sv};
  return std::find(kNot.begin(), kNot.end(), name) == kNot.end();
}

}  // namespace bridge::session
