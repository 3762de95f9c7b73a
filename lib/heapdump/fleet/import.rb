# frozen_string_literal: true

require "json"

module HeapDump
  module Fleet
    # Imports dumps by several processes, each with a connection of its own, as others may do on
    # other machines at the same time.
    #
    #   import = HeapDump::Fleet::Import.new("postgres://ops@db/heaps", jobs: 4)
    #   import.run(["/var/tmp/heapdump"]).imported # => 12
    class Import
      # imported, there, busy:: how many dumps were put into the store, were in it already, and are
      #                         being imported by others at the moment
      # skipped::               files that were skipped, and why (Hash of String to String)
      # samples::               how many samples the notes of watched processes have
      # processes::             the ids of the processes that have new dumps (Array of Integer)
      # old::                  how many are older than what `gc` has kept, and were passed over
      Outcome = Struct.new(:imported, :there, :busy, :skipped, :samples, :processes,
                           :old, keyword_init: true)

      LONGEST = 600 # bytes of a message, of which JSON makes six times as many at most
      private_constant :LONGEST

      # How many files there are, and how many of them are dealt with.
      attr_reader :total, :done

      # +address+:: of the store (String)
      # +jobs+::    how many processes read dumps at the same time
      # importer: arguments of Importer
      def initialize(address, jobs: 1, **importer)
        @address = Address.parse(address)
        @jobs = jobs
        @importer = importer
        @done = @total = 0
      end

      # Imports what is in directories and files. Returns an Outcome. Raises NotFound for a path of
      # nothing, StoreError, and Error if the addressee's gem is missing.
      def run(paths)
        files = Source.files(paths)
        @total = files.size
        @outcome = Outcome.new(imported: 0, there: 0, busy: 0, skipped: {}, samples: 0,
                               processes: [], old: 0)
        import(paths, files)
        judge
        @outcome.processes.uniq!
        @outcome
      rescue StandardError
        judge_all_the_same if @outcome
        raise
      end

      private

      def import(paths, files)
        with_store { |store| @outcome.samples = Notes.new(store).import(paths) }
        alone(@jobs > 1 && files.size > 1 ? by_workers(files) : files)
      end

      def alone(files)
        return if files.empty?

        with_store do |store|
          importer = Importer.new(store, **@importer)
          files.each { |file| note(file, importer.import(file).to_h) }
        end
      end

      # Once all dumps of a process are there; also what an import that was killed has left.
      def judge
        with_store { |store| Judging.new(store).run }
      end

      # What is imported stays so, and the error of the import is the one that is told.
      def judge_all_the_same
        judge
      rescue Error
        nil # the next import does it
      end

      def with_store
        store = @address.open
        yield store
      ensure
        store&.close
      end

      # Returns the files of workers that were killed.
      def by_workers(files)
        numbers, feed = IO.pipe
        answers, told = IO.pipe
        workers = Array.new([@jobs, files.size].min) do
          fork do
            work(files, numbers, told, [feed, answers])
          end
        end
        [numbers, told].each(&:close)
        feeder = Thread.new { feed(feed, files.size) }
        left = listen(files, answers)
        feeder.join
        left.map { |number| files[number] }
      ensure
        [feed, answers].each { |io| io&.close }
        workers&.each { |pid| Process.wait(pid) }
      end

      # A number is so short that a pipe never divides it, neither in writing nor in reading.
      def feed(io, count)
        count.times { |number| io.write([number].pack("L")) }
        io.close
      rescue Errno::EPIPE
        nil # all workers have gone
      end

      # In a child. A line of a worker is written at once, and so short that lines never mix.
      def work(files, numbers, told, others)
        others.each(&:close)
        store = @address.open
        importer = Importer.new(store, **@importer)
        while (number = taken(numbers))
          told.syswrite("#{line(number, importer.import(files[number]))}\n")
        end
      rescue Error => e
        told.syswrite("#{JSON.generate([nil, short(e.message)])}\n")
      ensure
        store&.close
        exit!
      end

      # Read without a buffer: what is in a buffer no other worker gets.
      def taken(numbers)
        numbers.sysread(4).unpack1("L")
      rescue EOFError
        nil
      end

      def line(number, outcome)
        JSON.generate([number, outcome.state, outcome.message && short(outcome.message),
                       outcome.process_id])
      end

      def short(text)
        text.scrub.byteslice(0, LONGEST).scrub("")
      end

      # Returns the numbers of which nothing was heard, because the worker that had them was killed,
      # or all of them were. Raises the error of a worker if that is why.
      def listen(files, answers)
        left = (0...files.size).to_a
        trouble = nil
        answers.each_line do |line|
          number, state, message, process = JSON.parse(line)
          next trouble = state unless number

          left.delete(number)
          note(files[number], { state: state.to_sym, message: message, process_id: process })
        end
        raise StoreError, trouble if trouble && left.any?

        left
      end

      def note(file, outcome)
        @done += 1
        state, message, process = outcome.values_at(:state, :message, :process_id)
        case state
        when :skipped then @outcome.skipped[file.path] = message
        else @outcome[state] += 1
        end
        @outcome.processes << process if state == :imported
      end
    end
  end
end
