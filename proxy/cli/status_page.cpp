#include "proxy/cli/status_page.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "proxy/cli/terminal_text.h"

namespace bridge::cli {
namespace {

using lease::ControlMessage;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kIndent = 8;

std::string number(const ControlMessage& message, std::string_view name) {
  auto const value = message.number(name);
  return value ? std::to_string(*value) : std::string("-");
}

std::string bytes_of(const ControlMessage& message, std::string_view name) {
  auto const value = message.number(name);
  return value ? short_size(*value) : std::string("-");
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

class Page {
 public:
  Page(seconds now, std::string_view home) : now_(now), home_(home) {}

  void daemon(const ControlMessage& daemon);
  void server_table_head();
  void server(const ControlMessage& server);
  void session_table_head();
  void session(const ControlMessage& session);
  void parked_table_head();
  void parked(const ControlMessage& parked);
  void line(std::string_view text) { text_.append(clipped(text, kStatusColumns)).append("\n"); }
  std::string take() { return std::move(text_); }

 private:
  // "NAME VALUE" below a row; of a path its end tells more. Nothing where there is no value.
  void detail(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string text(kIndent, ' ');
    text.append(name).append(name.empty() ? "" : " ");
    text.append(clipped_front(value, kStatusColumns - columns(text)));
    line(text);
  }
  std::string age(const ControlMessage& message) const {
    auto const began = message.number("began");
    if (!began) return "-";
    auto const now = static_cast<std::uint64_t>(now_.count());
    return short_duration(seconds(now > *began ? now - *began : 0));
  }
  std::string path(std::string_view text) const {
    if (text.starts_with("file://")) text.remove_prefix(7);
    bool const below_home = !home_.empty() && text.starts_with(home_) &&
                            (text.size() == home_.size() || text[home_.size()] == '/');
    return below_home ? "~" + std::string(text.substr(home_.size())) : std::string(text);
  }

  seconds now_;
  std::string_view home_;
  std::string text_;
};

std::string duration_of(const ControlMessage& message, std::string_view name) {
  auto const value = message.number(name);
  return value ? short_duration(milliseconds(*value)) : std::string("-");
}

// "3 parked sessions were taken up, 2 dropped; one is ended after 10m".
std::string parking_of(const ControlMessage& daemon) {
  auto const count = [&daemon](std::string_view name) { return daemon.number(name).value_or(0); };
  if (count("resumed") == 0 && count("dropped") == 0) return {};
  std::string text = counted(count("resumed"), "parked session was", "parked sessions were");
  text += " taken up, " + std::to_string(count("dropped")) + " dropped; ";
  return text +
         (count("park_timeout_ms") == 0
              ? std::string("none is ended by its age")
              : "one is ended after " + short_duration(milliseconds(count("park_timeout_ms"))));
}

void Page::daemon(const ControlMessage& daemon) {
  std::string head = "daemon ";
  if (auto const instance = daemon.get("instance"); !instance.empty())
    head.append(clipped(instance, 32)).append(" ");
  head += "(gopls-bridge " + clipped(daemon.get("version"), 16) + "), pid " +
          number(daemon, "pid") + ", up " + age(daemon) + ", started " +
          clipped(daemon.get("started"), 16);
  line(head);
  detail("", path(daemon.get("directory")));
  if (auto const idle = daemon.number("idle_timeout_ms")) {
    std::string text =
        *idle == 0 ? "a gopls without sessions stays"
                   : "a gopls without sessions ends after " + short_duration(milliseconds(*idle));
    if (auto const budget = daemon.number("memory_budget_kib"); budget && *budget > 0)
      text += "; all may use " + short_size(*budget * 1024);
    line(std::string(kIndent, ' ') + text);
  }
  if (auto const parking = parking_of(daemon); !parking.empty())
    line(std::string(kIndent, ' ') + parking);
  if (auto const adopted = daemon.number("adopted"); adopted && *adopted > 0)
    line(std::string(kIndent, ' ') + std::to_string(*adopted) +
         " gopls taken over from another daemon");
  if (auto const refusals = daemon.number("refusals"); refusals && *refusals > 0) {
    std::string text(kIndent, ' ');
    text += counted(*refusals, "session", "sessions") + " refused, the last: ";
    line(text.append(daemon.get("last_refusal")));
  }
}

void Page::server_table_head() {
  text_ += "\nGOPLS       PID  VERSION   GO         MEMORY     CPU      UP  SESSIONS  STATE\n";
}

void Page::server(const ControlMessage& server) {
  std::string row = left(server.get("server"), 6) + right(number(server, "pid"), 9) + "  ";
  row += left(server.get("version"), 8) + "  ";
  auto const pss = server.number("pss_kib");
  row += left(server.get("go_version"), 8) + right(pss ? short_size(*pss * 1024) : "-", 9);
  row += right(duration_of(server, "cpu_ms"), 8) + right(age(server), 8);
  row += right(number(server, "sessions"), 10) + "  ";
  line(row.append(server.get("state")));
  if (server.number("ends_in_ms")) detail("ends in", duration_of(server, "ends_in_ms"));
  detail("", path(server.get("gopls")));
  detail("with", path(server.get("go")));
  std::string facts = "key " + clipped(server.get("key"), 16);
  if (auto const restarts = server.number("restarts"); restarts && *restarts > 0)
    facts += ", " + counted(*restarts, "restart", "restarts");
  if (server.number("adopted").value_or(0) != 0) facts += ", taken over";
  detail("", facts);
  detail("scope", server.get("scope"));
  detail("cgroup", server.get("cgroup"));
  detail("log", path(server.get("log")));
}

void Page::session_table_head() {
  text_ += "\nSESSION  GOPLS   STATE            AGE    QUIET  EDITOR\n";
}

void Page::session(const ControlMessage& session) {
  auto const server = session.get("server");
  auto const server_pid = session.get("server_pid");
  std::string row = right(number(session, "pid"), 7) + "  ";
  row += left(!server.empty() ? server : server_pid.empty() ? "-" : server_pid, 6) + "  ";
  row += left(session.get("leaving") == "1" ? "leaving" : session.get("state"), 12) +
         right(age(session), 8);
  row += right(duration_of(session, "quiet_ms"), 9) + "  ";
  line(row.append(session.get("editor")));
  for (auto const& folder : session.all("folder")) detail("", path(folder));
  if (auto const reason = session.get("reason"); !reason.empty()) {
    // The one thing a user can do something about: in full, over as many lines as it takes.
    std::string rest = shown(reason);
    std::string indent = std::string(kIndent, ' ') + "why: ";
    while (!rest.empty()) {
      std::string part = clipped(rest, kStatusColumns - indent.size());
      if (part == rest) {
        rest.clear();
      } else {
        part.resize(part.size() - std::string_view("…").size());
        if (auto const space = part.rfind(' '); space != std::string::npos && space > 0)
          part.resize(space);
        rest.erase(0, part.size());
        rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
      }
      line(indent + part);
      indent.assign(indent.size(), ' ');
    }
  }
  std::string traffic(kIndent, ' ');
  traffic += "in " + number(session, "messages_in") + " (" + bytes_of(session, "bytes_in") +
             "), out " + number(session, "messages_out") + " (" + bytes_of(session, "bytes_out") +
             "), in flight " + number(session, "in_flight") + ", replays " +
             number(session, "replays");
  line(traffic);
  if (session.get("no_answer") == "1")
    line(std::string(kIndent, ' ') + "does not answer; this is from " + number(session, "seen") +
         "s ago");
}

void Page::parked_table_head() {
  text_ += "\nPARKED   GOPLS     AGE    ENDS IN    STATE  EDITOR\n";
}

void Page::parked(const ControlMessage& parked) {
  std::string row = right(clipped(parked.get("session"), 7), 7) + "  ";
  row += left(parked.get("server"), 6);
  row += right(duration_of(parked, "age_ms"), 7);
  row += right(parked.number("ends_in_ms") ? duration_of(parked, "ends_in_ms") : "never", 11);
  row += right(bytes_of(parked, "state_bytes"), 9) + "  ";
  line(row.append(parked.get("editor")));
  for (auto const& folder : parked.all("folder")) detail("", path(folder));
  if (parked.get("ready") != "1")
    line(std::string(kIndent, ' ') + "gopls is at work for it: it cannot be taken up yet");
}

bool is(const ControlMessage& message, std::string_view verb) { return message.verb == verb; }

}  // namespace

std::string short_duration(milliseconds time) {
  auto const ms = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  std::uint64_t const s = ms / 1000;
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 60 * kMinute;
  constexpr std::uint64_t kDay = 24 * kHour;
  auto const two = [](std::uint64_t a, const char* unit, std::uint64_t b, const char* small) {
    std::string text = std::to_string(a) + unit;
    return b == 0 ? text : text + std::to_string(b) + small;
  };
  if (s < 1) return ms == 0 ? "0s" : std::to_string(ms) + "ms";
  if (s < kMinute) return std::to_string(s) + "s";
  if (s < kHour) return std::to_string(s / kMinute) + "m";
  if (s < kDay) return two(s / kHour, "h", s % kHour / kMinute, "m");
  if (s < 100 * kDay) return two(s / kDay, "d", s % kDay / kHour, "h");
  return std::to_string(s / kDay) + "d";
}

std::string short_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1000, not 1024: never more than three digits.
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
                kUnits[unit]);
  return text;
}

std::string status_page(const std::vector<ControlMessage>& messages, seconds now,
                        std::string_view home) {
  Page page(now, home);
  for (auto const& message : messages)
    if (is(message, "daemon")) page.daemon(message);
  auto const servers = std::count_if(messages.begin(), messages.end(),
                                     [](auto const& message) { return is(message, "server"); });
  auto const sessions = std::count_if(messages.begin(), messages.end(),
                                      [](auto const& message) { return is(message, "session"); });
  if (servers == 0)
    page.line("        no gopls, " +
              counted(static_cast<std::uint64_t>(sessions), "session", "sessions"));
  if (servers > 0) page.server_table_head();
  for (auto const& message : messages)
    if (is(message, "server")) page.server(message);
  if (sessions > 0) page.session_table_head();
  for (auto const& message : messages)
    if (is(message, "session")) page.session(message);
  if (std::any_of(messages.begin(), messages.end(),
                  [](auto const& message) { return is(message, "parked"); }))
    page.parked_table_head();
  for (auto const& message : messages)
    if (is(message, "parked")) page.parked(message);
  return page.take();
}

}  // namespace bridge::cli
