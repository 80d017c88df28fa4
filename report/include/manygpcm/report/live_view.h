// The page of a sweep that is still running, served on this machine only.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace manygpcm::report {

/// Serves GET / (the page) and GET /study.json (the analysis so far) on 127.0.0.1 from construction
/// to destruction, on threads of its own. A request is answered at once with the last analysis;
/// destruction waits for one that is being made, and for no client.
class LiveView {
  public:
    /// @param port 0: any that is free
    /// @param analysis an analysis_json() of the trials so far, or empty while there is none to
    ///   show: a browser is asked to come again. What it throws is answered as a fault, status 500.
    ///   Called from one of the view's threads at the beginning and after changed(), at most every
    ///   2 seconds, and more rarely the longer it takes
    /// @throws InputError if the port is taken or can't be had.
    LiveView(int port, std::function<std::string()> analysis);
    LiveView(const LiveView&) = delete;
    LiveView& operator=(const LiveView&) = delete;
    ~LiveView();

    /// The trials aren't those of the last analysis any more. From any thread.
    void changed();

    std::string address() const;  ///< "http://127.0.0.1:PORT/"

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace manygpcm::report
