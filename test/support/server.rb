# frozen_string_literal: true

require "net/http"
require "support/child"
require "support/processes"

# A web server with workers, started for a test on a free port of this machine.
class Server
  DEADLINE = 30 * Child::PATIENCE # seconds, for everything that is waited for

  # It keeps some objects per request, and answers with the process id of the worker.
  APP = <<~'RUBY'
    kept = Array.new(100) { nil }
    run lambda { |env|
      body = "#{Process.pid}\n"
      kept[rand(100)] = Array.new(50) { |i| "#{body}#{i}" }
      [200, { "content-type" => "text/plain" }, [body]]
    }
  RUBY

  class Failed < StandardError; end

  attr_reader :pid, :port

  # `config` is the text of the server's configuration file; %{port} in it becomes the port. `app`
  # is that of config.ru.
  def initialize(dir, name, config, env: {}, app: APP)
    @dir = dir
    @log = File.join(dir, "#{name}.log")
    @port = free_port
    File.write(File.join(dir, "config.ru"), app)
    File.write(File.join(dir, "#{name}.rb"), format(config, port: @port))
    option = name == "puma" ? "-C" : "-c"
    @pid = Process.spawn(env, *Child::RUBY, "-S", name, option, "#{name}.rb", "config.ru",
                         chdir: dir, in: File::NULL, out: @log, err: %i[child out], pgroup: true)
  end

  def log
    File.read(@log)
  end

  # Waits until the log has this after so many bytes; returns the MatchData.
  def logged(pattern, after: 0)
    wait_for("#{pattern.inspect} in the log") { log.byteslice(after..).match(pattern) }
  end

  # Process ids of the workers, as soon as there are so many with a heap dump trigger.
  def workers(count, server: pid)
    wait_for("#{count} workers with a trigger") do
      pids = Processes.children(server).select { |child| Processes.marker(child) }
      pids.sort if pids.size == count
    end
  end

  # What one request is answered with.
  def get
    Net::HTTP.start("127.0.0.1", @port, nil, read_timeout: DEADLINE) { |http| http.get("/").body }
  end

  def answers
    wait_for("an answer") do
      get
    rescue SystemCallError, IOError
      nil
    end
  end

  def stop
    Process.kill(:TERM, @pid)
    return if waited?(15)

    Process.kill(:KILL, -@pid)
    waited?(5)
  rescue Errno::ESRCH
    nil
  end

  def wait_for(what, seconds = DEADLINE)
    deadline = now + seconds
    until (result = yield)
      raise Failed, "the server has ended\n#{log}" if ended?
      raise Failed, "not within #{seconds} s: #{what}\n#{log}" if now > deadline

      sleep 0.02
    end
    result
  end

  private

  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  def ended?
    @ended ||= Process.wait(@pid, Process::WNOHANG)
  end

  def waited?(seconds)
    deadline = now + seconds
    sleep 0.05 until ended? || now > deadline
    ended?
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

# Requests on a few connections, a little apart, until it is stopped.
class Load
  attr_reader :failures

  def initialize(server, connections: 4, pause: 0.01)
    @answers = Queue.new
    @failures = Queue.new
    @threads = Array.new(connections) do
      Thread.new { request(server, pause) until @stopped }
    end
  end

  def stop
    @stopped = true
    @threads.each(&:join)
    self
  end

  # The distinct answers, and how many there were of each.
  def answers
    Array.new(@answers.size) { @answers.pop }.tally
  end

  private

  # One connection for some requests, so that every worker gets some.
  def request(server, pause)
    Net::HTTP.start("127.0.0.1", server.port, nil, read_timeout: Server::DEADLINE) do |http|
      10.times do
        break if @stopped

        response = http.get("/")
        (response.code == "200" ? @answers : @failures) << response.body
        sleep pause
      end
    end
  rescue StandardError => e
    @failures << e.full_message(highlight: false)
    sleep pause
  end
end
