# frozen_string_literal: true

require "rbconfig"
require_relative "../attach"
require_relative "../gdb"
require_relative "../permission"
require_relative "../target"
require_relative "finding"

module HeapDump
  module Outside
    class Container
      # What `heapdump take` needs for a process that is not prepared. None of it matters to an
      # application that dumps itself.
      class Tracing
        FILTER = 2 # the mode of seccomp in which a filter is active
        SIGNAL = "or dump by a signal, which needs none of it (HeapDump.on_signal)"
        private_constant :FILTER, :SIGNAL

        # +gdb+ and +attach+ are the paths of these programs, nil where they are missing.
        def initialize(target, root, gdb, attach)
          @target = target
          @own = "#{root}/proc"
          @gdb = gdb
          @attach = attach
        end

        def findings
          [yama, seccomp, user, libc, gdb]
        end

        private

        def yama
          scope = Watch::KernelFile.number("#{@own}/sys/kernel/yama/ptrace_scope")
          figures = { ptrace_scope: scope, sys_ptrace: may_trace? }
          case scope
          when nil, 0
            Finding.ok("yama", "#{scope || "none"}: a user may trace their own processes",
                       **figures)
          when 3
            Finding.note("yama", "3: nobody may trace until the machine is rebooted",
                         "set kernel.yama.ptrace_scope on the node, #{SIGNAL}", **figures)
          else
            with_scope(scope, figures)
          end
        end

        def with_scope(scope, figures)
          if may_trace?
            return Finding.ok("yama", "#{scope}, and this user has the capability SYS_PTRACE",
                              **figures)
          end

          Finding.note("yama", "#{scope}: tracing needs the capability SYS_PTRACE",
                       "run this as root with capabilities.add: [SYS_PTRACE], #{SIGNAL}", **figures)
        end

        def seccomp
          mode = status[/^Seccomp:\s*(\d+)/, 1]&.to_i
          return Finding.ok("seccomp", "no filter", mode: mode) unless mode == FILTER

          Finding.note("seccomp", "a filter is active, which may forbid ptrace",
                       "that of Docker from 19.03 on and of containerd allows it; else set " \
                       "seccompProfile, #{SIGNAL}", mode: mode)
        end

        def user
          own = Process.euid
          figures = { uid: own, target_uid: @target&.uid }
          return Finding.ok("uid", own.to_s, **figures) unless @target

          theirs = @target.uid
          words = "#{own}, process #{@target.pid} is of user #{theirs}"
          return Finding.ok("uid", words, **figures) if [0, theirs].include?(own)

          Finding.wrong("uid", words, "run this as that user (in Kubernetes runAsUser) or as root",
                        **figures)
        end

        # The extension of this heapdump must fit the process.
        def libc
          theirs, path = libc_of(@target || Target.new(Process.pid))
          ours = RbConfig::CONFIG["host_os"].include?("musl") ? "musl" : "glibc"
          figures = { libc: theirs, path: path, ours: ours }
          words = Terminal::Text.safe([theirs, path].compact.join(", "))
          return Finding.ok("libc", words, **figures) if theirs == ours

          Finding.note("libc", "#{words}; this heapdump is built for #{ours}",
                       "install heapdump in the image of the process, #{SIGNAL}", **figures)
        rescue Error, SystemCallError => e
          Finding.note("libc", "unknown: #{Terminal::Text.safe(e.message)}",
                       "run this as root or as the user of the process")
        end

        def libc_of(target)
          paths = target.mappings.map(&:path)
          musl = paths.find { |path| path.b.match?(%r{/(?:ld-musl-|libc\.musl-)}) }
          return ["musl", musl] if musl

          glibc = paths.find { |path| path.b.match?(%r{/libc(?:-[\d.]+)?\.so(?:\.6)?\z}) }
          [glibc ? "glibc" : "unknown", glibc]
        end

        def gdb
          return Finding.ok("gdb", @gdb, path: @gdb) if @gdb
          return Finding.ok("gdb", "not installed, nor needed", path: nil) if @attach

          Finding.note("gdb", "not installed", "apt-get install gdb, #{SIGNAL}", path: nil)
        end

        def status
          Watch::KernelFile.read("#{@own}/self/status").to_s
        end

        def may_trace?
          status[/^CapEff:\s*(\h+)/, 1].to_s.hex[Permission::SYS_PTRACE] == 1
        end
      end
    end
  end
end
