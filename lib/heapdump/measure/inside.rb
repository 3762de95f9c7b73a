# frozen_string_literal: true

# Runs in the process of the application: reads a job from standard input, loads the application as
# its own server would, and writes the answer to descriptor 3. measure/child.rb starts it.
job = Marshal.load($stdin.binmode.read) # rubocop:disable Security/MarshalLoad -- of our parent
$stdin.reopen(File::NULL)
answers = IO.for_fd(3, "wb", autoclose: false)
answers.close_on_exec = true

require_relative "inside/application"
require_relative %i[resident objects].include?(job[:what]) ? "inside/requires" : "inside/requests"

# The process that was started, and none that the application forks, answers.
pid = Process.pid
answer = begin
  HeapDump::Measure::Inside.public_send(job[:what], job)
rescue HeapDump::Measure::Inside::Stop => e
  e.answer
rescue Exception => e # rubocop:disable Lint/RescueException -- it is told
  { failed: :other, **HeapDump::Measure::Inside::Stop.words(e) }
end
exit!(1) unless Process.pid == pid
answers.write(Marshal.dump(answer))
answers.close
exit!(0)
