# frozen_string_literal: true

require "socket"
require_relative "file_bus"

module HeapDump
  module Asking
    # A directory as FileBus has it, where each process has a socket, too: whoever asks connects to
    # each of them, and the processes look at once.
    class SocketBus < FileBus # :nodoc:
      SOCKET = /\Aask-\h{8}\.sock\z/
      private_constant :SOCKET

      def to_s
        "socket:#{@directory}"
      end

      # For processes that dump.

      def begin
        listen
      rescue SystemCallError
        nil # looks say why, and try again
      end

      # The directory may be there later only, or be another one.
      def open(clock)
        super.tap { listen unless @server && File.socket?(@path) }
      end

      def bell
        @server
      end

      # Takes the connections that are there. Returns how many came from this user or root.
      def silence
        count = 0
        while (socket = @server&.accept_nonblock(exception: false)).is_a?(UNIXSocket)
          count += 1 if [0, Process.euid].include?(socket.getpeereid.first)
          socket.close
        end
        count
      rescue SystemCallError, IOError
        count
      end

      def close
        @server&.close
        File.unlink(@path) if @server
        @server = nil
      rescue SystemCallError
        @server = nil
      end

      # The parent goes on with it.
      def forget
        @server&.close
        @server = nil
      end

      # For who asks.

      def publish(request)
        super
        wake
      end

      def cancel(id)
        super.tap { wake }
      end

      private

      def listen
        @server&.close
        @server = nil
        make(@asks)
        @path = File.join(@asks, "ask-#{Asking.chance(4)}.sock")
        @server = UNIXServer.new(@path)
        File.chmod(0o600, @path)
      end

      # Removes the sockets of processes that are gone.
      def wake
        Dir.children(@asks).select { |name| SOCKET.match?(name.b) }.each do |name|
          path = File.join(@asks, name)
          File.unlink(path) unless ring?(path)
        rescue SystemCallError
          next # it looks by itself soon, or somebody else has removed it
        end
      rescue Errno::ENOENT
        nil
      end

      def ring?(path)
        socket = Socket.new(:UNIX, :STREAM)
        socket.connect_nonblock(Socket.sockaddr_un(path), exception: false)
        true
      rescue Errno::ECONNREFUSED
        false
      ensure
        socket&.close
      end
    end
  end
end
