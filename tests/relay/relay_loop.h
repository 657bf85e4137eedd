// Two pumps over four real descriptors in one event loop: what a session does, without a lifecycle.
// A direction that ends closes its sink, so that the peer behind it sees end of file.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>

#include "proxy/relay/descriptor_channel.h"
#include "proxy/relay/frame_pump.h"
#include "proxy/relay/readiness_set.h"

namespace bridge::relay {

struct PassingGate final : FrameGate {
  Decision decide(Direction, const FrameView&) override {
    ++frames;
    return {};
  }
  void on_bare_text(Direction, std::string_view) override {}
  std::size_t frames = 0;
};

struct Ends {
  DescriptorSource editor_source;
  DescriptorSink editor_sink;
  DescriptorSource server_source;
  DescriptorSink server_sink;
};

class RelayLoop final : private ReadinessSet::TurnListener {
 public:
  explicit RelayLoop(Ends ends, FramePump::Options options = {})
      : ends_(std::move(ends)),
        to_server(Direction::to_server, ends_.editor_source, ends_.server_sink, gate, options),
        to_editor(Direction::to_editor, ends_.server_source, ends_.editor_sink, gate, options) {
    editor_source_ready_.readable = [this] { to_server.on_source_ready(); };
    server_sink_ready_.writable = [this] { to_server.on_sink_ready(); };
    server_sink_ready_.hangup = [this] { to_server.on_sink_hangup(); };
    server_source_ready_.readable = [this] { to_editor.on_source_ready(); };
    editor_sink_ready_.writable = [this] { to_editor.on_sink_ready(); };
    editor_sink_ready_.hangup = [this] { to_editor.on_sink_hangup(); };
    editor_source_watch_.emplace(set_, ends_.editor_source.poll_fd(), editor_source_ready_);
    editor_sink_watch_.emplace(set_, ends_.editor_sink.poll_fd(), editor_sink_ready_);
    server_source_watch_.emplace(set_, ends_.server_source.poll_fd(), server_source_ready_);
    server_sink_watch_.emplace(set_, ends_.server_sink.poll_fd(), server_sink_ready_);
    editor_sink_watch_->want_hangup();
    server_sink_watch_->want_hangup();
    set_.on_turn_over(*this);
    set_.start();
    on_turn_over();
  }

  // Until both directions have ended.
  void run() { io_.run(); }
  // Until `done` says so, looked at after each turn.
  void run_until(const std::function<bool()>& done) {
    while (!done()) io_.run_one();
  }
  // Handles what is ready now; returns how many handlers ran.
  std::size_t poll() {
    io_.restart();
    return io_.poll();
  }

 private:
  void on_turn_over() override {
    if (to_server.end() && server_sink_watch_) {
      server_sink_watch_.reset();
      editor_source_watch_.reset();
      ends_.server_sink.finish();
    }
    if (to_editor.end() && editor_sink_watch_) {
      editor_sink_watch_.reset();
      server_source_watch_.reset();
      ends_.editor_sink.finish();
    }
    if (editor_source_watch_) editor_source_watch_->want({.readable = to_server.wants_source()});
    if (server_sink_watch_) server_sink_watch_->want({.writable = to_server.wants_sink()});
    if (server_source_watch_) server_source_watch_->want({.readable = to_editor.wants_source()});
    if (editor_sink_watch_) editor_sink_watch_->want({.writable = to_editor.wants_sink()});
    if (to_server.end() && to_editor.end()) set_.stop();
  }

  boost::asio::io_context io_{1};
  ReadinessSet set_{io_};
  Ends ends_;
  ReadinessCallbacks editor_source_ready_, editor_sink_ready_, server_source_ready_,
      server_sink_ready_;
  std::optional<ReadinessSet::Watch> editor_source_watch_, editor_sink_watch_;
  std::optional<ReadinessSet::Watch> server_source_watch_, server_sink_watch_;

 public:
  PassingGate gate;
  FramePump to_server;
  FramePump to_editor;
};

}  // namespace bridge::relay
