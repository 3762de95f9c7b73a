# frozen_string_literal: true

require_relative "note_files"

module HeapDump
  class Watch
    # Which one of the processes of a server makes the dumps of a series: the largest one, and then
    # the same one again. Else the dumps were of several processes, and nothing could be compared.
    # Only processes that watch count.
    class Choice # :nodoc:
      def initialize(names, processes, directory, state)
        @names = names
        @processes = processes
        @directory = directory
        @state = state
      end

      # The number of the process that is chosen (Integer) for what is +shared+, as Strike has it.
      # Unless +dry+, it is noted if that is this one, or in any case where it is +:lasting+: then
      # each strikes only once at a time, and which one is the largest may change meanwhile. Who has
      # been chosen and watches no more is replaced. To be called with the lock of the directory.
      def chosen(shared, dry:)
        lasting = shared == :lasting
        server = "#{@names.host}-#{@processes.parent}#{"-#{shared}" if shared != true}"
        watching = watching(@processes.family)
        pid, started = @state.chosen(server, lasting ? State::LASTING : State::DAY)
        return pid if pid && watching.include?(pid) && @processes.started(pid) == started
        return @names.pid if watching.size == 1

        largest = @processes.largest(watching)
        note(server, largest) unless dry || !(lasting || largest == @names.pid)
        largest
      end

      private

      def note(server, pid)
        @state.choose(server, pid, @processes.started(pid) || 0)
      end

      def watching(family)
        files = NoteFiles.all(@directory.path).select do |file|
          file.kind == "notes" && file.host == @names.host && family.include?(file.pid)
        end
        files.select! { |file| file.started == @processes.started(file.pid) && !file.ended? }
        files.map(&:pid) | [@names.pid]
      end
    end
  end
end
