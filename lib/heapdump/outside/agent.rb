# frozen_string_literal: true

# This code runs in a process whose heap is dumped from outside. It is a lambda that is evaluated
# there from memory, so that the process reads no file for it while many threads wait for their
# turn. It is called when Ruby checks for interrupts: there code may run, but must not wait for a
# lock. So it starts a thread of its own.
#
# When the thread has ended, nothing remains in the process but the loaded extension, and the memory
# of this text (some KiB). `directory` is
# new and empty; if it is gone, the command that asked for the dump has given up. With
# keywords[:namespaces] the objects are counted instead, by `counter` (agent_counter.rb), and
# what it returns is written to the first of the `dumps`.
lambda do |extension, directory, dumps, keywords, counter|
  flags = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
  thread = Thread.new do
    Thread.current.report_on_exception = false
    Thread.current.name = "heapdump"
    File.open(File.join(directory, "report"), flags, 0o600) do |report|
      report.sync = true
      # Raises if the program has something else with that name.
      module ::HeapDump; end
      unless HeapDump.singleton_class.private_method_defined?(:start)
        begin
          # Makes loading raise its errors, and try again if a debugger has loaded the extension in
          # vain.
          HeapDump.instance_variable_set(:@loading, true)
          $LOADED_FEATURES.delete(extension)
          # Not the private Kernel#require, which other libraries replace and put locks around.
          Kernel.require(extension)
        ensure
          HeapDump.instance_variable_set(:@loading, nil)
        end
      end
      if (namespaces = keywords[:namespaces])
        File.write(dumps.first, counter.call(namespaces, keywords[:gc]), flags: flags, perm: 0o600)
        report.write("counted\n")
        next
      end
      # What the command asks for, else what the process does for its own dumps.
      asked = keywords[:strings]
      strings, source = asked ? [asked, "option"] : HeapDump.__send__(:own_strings)
      keywords = { **keywords, strings: strings }
      # The first of its names whose library can be loaded (Compression.names).
      missing = dumps.index do |name|
        HeapDump.__send__(:check_options, name, {}).nil?
      rescue StandardError
        name == dumps.last
      end
      errno, gc_seconds, pause, _, answer = HeapDump.__send__(:start, dumps[missing], nil, keywords)
      raise SystemCallError.new("cannot fork", errno) if errno

      report.write("started #{gc_seconds} #{pause} #{strings} #{source} #{missing}\n")
      # `answer` is the only object that owns the descriptor.
      report.write(answer.read.tap { answer.close })
    rescue StandardError, ScriptError, NoMemoryError => e
      report.write("refused #{e.class}: #{e.message.scrub.tr("\n", " ")}\n")
    end
  end
  thread.priority = 3
rescue StandardError, NoMemoryError => e # there can be no more threads, for example
  File.write("#{directory}/report", "refused #{e.inspect.scrub.tr("\n", " ")}\n", flags: flags)
end
