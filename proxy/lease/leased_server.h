// A gopls of the broker's pool, shared with sessions of the same key; where there is none to be
// had, a private one, and the reason is kept for log and status.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/lease/broker_link.h"
#include "proxy/lease/server_source.h"
#include "proxy/server/session_links.h"
#include "proxy/server/share_key.h"

namespace bridge::lease {

class LeasedServer final : public ServerSource {
 public:
  struct Settings {
    server::ShareKeyInput key;  // its folders are those of SessionNeeds, if isolated
    bool isolate_workspaces = false;
    bool park = true;  // a session may be parked, and a parked one taken up
    std::string instance{};
    // Longer than a parked session is kept.
    std::chrono::seconds links_kept_for{24 * 60 * 60};
  };

  // `link` must outlive it. `own` serves where sharing cannot be.
  LeasedServer(BrokerLink& link, Settings settings, std::unique_ptr<ServerSource> own)
      : link_(link), settings_(std::move(settings)), own_(std::move(own)) {}

  boost::system::result<ServerConnection, AcquireError> acquire(AcquireReason reason) override;
  void tell(const SessionNeeds& needs) override { needs_ = needs; }
  std::optional<SourceServerEnd> how_it_ended() override;
  void release() override { link_.release(); }
  std::string why_not_park() const override;
  void leaving() override;
  std::string park(kernel::UniqueFd connection, std::string_view state) override;
  std::string links() const override { return links_.name(); }
  boost::system::result<std::vector<std::pair<std::string, std::string>>, AcquireError>
  take_up_links(std::string_view name) override;

  // Why the last server is a private one; empty: it is shared, or none was acquired.
  const std::string& own_reason() const noexcept { return own_reason_; }

 private:
  boost::system::result<ServerConnection, AcquireError> acquire_own(AcquireReason reason,
                                                                    std::string why);
  boost::system::result<ServerConnection, AcquireError> connection_of(Lease lease);
  void link_environment(const std::string& digest);
  std::string links_directory() const;

  BrokerLink& link_;
  Settings settings_;
  std::unique_ptr<ServerSource> own_;
  SessionNeeds needs_;
  std::string own_reason_;
  // A session that must have one of its own keeps to that: what it was told of its environment
  // fits no shared one.
  bool own_for_good_ = false;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::string server_;  // of the last lease
  server::SessionLinks links_;
  // Why what the last lease gave cannot be parked; empty: it can be.
  std::string why_not_park_ = "no server was acquired";
};

}  // namespace bridge::lease
