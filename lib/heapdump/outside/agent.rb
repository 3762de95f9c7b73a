# frozen_string_literal: true

# What runs in a process whose heap is dumped through gdb: a lambda, evaluated there from memory, so
# that no file is read while many threads wait for their turn. It comes at a moment when Ruby checks
# for interrupts, where code may run but no lock be waited for; hence a thread of its own.
#
# When the thread has ended, nothing stays in the process but the loaded extension. `directory` is
# new and empty; where it is gone, whoever asked has given up. With
# keywords[:namespaces] the objects are counted instead, and `dump` gets the counts as JSON.
lambda do |extension, directory, dump, keywords|
  flags = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
  thread = Thread.new do
    Thread.current.report_on_exception = false
    Thread.current.name = "heapdump"
    File.open(File.join(directory, "report"), flags, 0o600) do |report|
      report.sync = true
      # Raises where the program has another thing of that name.
      module ::HeapDump; end
      unless HeapDump.singleton_class.private_method_defined?(:start)
        begin
          # It is to raise what fails, and to try again where a debugger has loaded it in vain.
          HeapDump.instance_variable_set(:@loading, true)
          $LOADED_FEATURES.delete(extension)
          # Not Kernel#require, which other libraries replace and put locks around.
          Kernel.require(extension)
        ensure
          HeapDump.instance_variable_set(:@loading, nil)
        end
      end
      if (namespaces = keywords[:namespaces])
        string = lambda do |text|
          text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
          %("#{text.gsub(/["\\\x00-\x1f]/) { |char| format("\\u%04x", char.ord) }}")
        end
        json = lambda do |value|
          next value.to_s unless value.is_a?(Hash)

          "{#{value.map { |key, one| "#{string.call(key)}:#{json.call(one)}" }.join(",")}}"
        end
        counts = HeapDump.__send__(:count, namespaces, keywords[:gc])
        File.write(dump, json.call(counts), flags: flags, perm: 0o600)
        report.write("counted\n")
        next
      end
      errno, gc_seconds, pause, _, answer = HeapDump.__send__(:start, dump, nil, keywords)
      raise SystemCallError.new("cannot fork", errno) if errno

      report.write("started #{gc_seconds} #{pause}\n")
      # The one object that owns the descriptor.
      report.write(answer.read)
      answer.close
    rescue StandardError, ScriptError, NoMemoryError => e
      report.write("refused #{e.class}: #{e.message.scrub.tr("\n", " ")}\n")
    end
  end
  thread.priority = 3
end
