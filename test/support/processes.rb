# frozen_string_literal: true

# What /proc tells of other processes.
module Processes
  module_function

  # Process ids of the children, zombies too.
  def children(parent)
    stats.select { |_, _, ppid| ppid == parent }.map(&:first)
  end

  # Those of the children that have ended and that nobody has waited for.
  def zombies(parent)
    stats.select { |_, state, ppid| ppid == parent && state == "Z" }.map(&:first)
  end

  # What the process tells of its trigger, as "heapdump:USR2:/var/tmp/…"; nil where it has none.
  def marker(pid)
    File.read("/proc/#{pid}/maps")[%r{/memfd:(heapdump:.*) \(deleted\)}, 1]
  rescue SystemCallError
    nil
  end

  # What its descriptors are, without the numbers of sockets and pipes.
  def descriptors(pid)
    Dir.children("/proc/#{pid}/fd").filter_map do |fd|
      File.readlink("/proc/#{pid}/fd/#{fd}").sub(/:\[\d+\]/, "")
    rescue Errno::ENOENT
      nil
    end.sort
  end

  # [pid, state, ppid] of all processes.
  def stats
    Dir.glob("/proc/[0-9]*/stat").filter_map do |file|
      pid, rest = File.read(file).match(/\A(\d+) \(.*\) (.*)/m)&.captures
      state, ppid = rest&.split
      [pid.to_i, state, ppid.to_i] if ppid
    rescue Errno::ENOENT, Errno::ESRCH
      nil
    end
  end
  private_class_method :stats
end
