# frozen_string_literal: true

require_relative "../../watch/directory"
require_relative "../../watch/guards"
require_relative "finding"

module HeapDump
  module Outside
    class Container
      # Whether there is room for dumps in a directory, by the rules of HeapDump.watch.
      class Files
        OPEN = "may be written to by others, who could replace the dumps"
        private_constant :OPEN

        def initialize(machine, target, directory)
          @machine = machine
          @target = target
          @directory = directory
        end

        def findings
          [directory, *disk]
        end

        private

        # The directory, or the nearest above it that is there: HeapDump.watch makes the last one.
        def existing
          @existing ||= begin
            path = @directory
            path = File.dirname(path) until File.directory?(seen(path)) || path == "/"
            path
          end
        end

        # By which path this process reaches it.
        def seen(path)
          @target.nil? || @target.same_mounts? ? path : @target.outer_path(path)
        end

        def directory
          stat = File.stat(seen(existing))
          figures = { path: @directory, exists: existing == @directory, owner: stat.uid }
          name = Terminal::Text.safe(@directory)
          if existing != @directory && File.exist?(seen(@directory))
            return Finding.wrong("directory", "#{name} is no directory",
                                 "name another one (HEAPDUMP_DIR)", **figures)
          end
          unless [@directory, File.dirname(@directory)].include?(existing)
            return Finding.wrong("directory", "#{name} is not there, nor the one above it",
                                 "mount a volume there (an emptyDir), or make it", **figures)
          end
          problem = problem(stat)
          return Finding.ok("directory", name, **figures) unless problem

          Finding.wrong("directory", "#{Terminal::Text.safe(existing)} #{problem}",
                        advice(problem),
                        **figures)
        rescue SystemCallError => e
          unknown("directory", e)
        end

        def problem(stat)
          if existing == @directory && ![0, uid].include?(stat.uid)
            return "belongs to user #{stat.uid}, who could replace the dumps"
          end
          return "cannot be written to by user #{uid}" unless writable?(stat)

          OPEN if existing == @directory && Watch::Directory.open?(stat)
        end

        def advice(problem)
          if problem == OPEN
            below = Terminal::Text.safe(File.join(@directory, "dumps"))
            return "name one in it (HEAPDUMP_DIR), as #{below}"
          end

          "name another one (HEAPDUMP_DIR), or let user #{uid} have it (runAsUser, fsGroup)"
        end

        # The kernel is asked where it answers for that user; else the mode decides.
        def writable?(stat)
          here = File.writable?(seen(existing))
          return here if uid == Process.euid
          return false if Process.euid.zero? && !here # a file system that is read-only
          return true if uid.zero?

          bit = if stat.uid == uid then 0o200
                elsif @target.groups.include?(stat.gid) then 0o020
                else 0o002
                end
          stat.mode.anybits?(bit)
        end

        def uid
          @target ? @target.uid : Process.euid
        end

        def disk
          require "heapdump"
          in_memory, free, all = @machine.disk(seen(existing))
          [tmpfs(in_memory), free(free, all)]
        rescue SystemCallError, LoadError => e
          [unknown("tmpfs", e), unknown("free disk", e)]
        end

        def tmpfs(in_memory)
          unless in_memory
            return Finding.ok("tmpfs", "no: the files of #{name} take no memory", in_memory: false)
          end

          Finding.wrong("tmpfs", "the files of #{name} take memory",
                        "name a directory on a disk (an emptyDir without medium: Memory)",
                        in_memory: true)
        end

        def free(free, all)
          least = Watch::Guards.reserve(all)
          figures = { free: free, reserve: least, total: all }
          words = "#{bytes(free)} for #{name}, #{bytes(least)} of them must stay free"
          return Finding.ok("free disk", words, **figures) if free > least

          Finding.wrong("free disk", words,
                        "remove old dumps, or name a directory on another disk", **figures)
        end

        def name
          Terminal::Text.safe(existing)
        end

        def unknown(name, error)
          Finding.note(name, "unknown", Terminal::Text.safe(error.message))
        end

        def bytes(number)
          Terminal::Units.bytes(number)
        end
      end
    end
  end
end
