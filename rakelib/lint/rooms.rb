# frozen_string_literal: true

# The rooms of an extension are folders, one for each stage of the way that the data takes. A file
# includes headers of its own room and of the rooms before it, and each include names the room.
class Rooms
  # In the order of the way. "." stands for the files that lie beside the folders.
  ORDER = {
    "ext/heapdump" => %w[base out mri guard account request lines run process allocations .],
    "ext/heapgraph" => %w[base reading records graph tree paths search table growth kept binding],
    "ext/attach" => %w[.]
  }.freeze

  INCLUDE = /^\s*#\s*include\s+"([^"]+)"/

  # What is wrong in any of the extensions, a sentence for each fault.
  def self.faults(order = ORDER)
    order.flat_map { |extension, rooms| new(extension, rooms).faults }
  end

  def initialize(extension, rooms)
    @extension = extension
    @rooms = rooms
  end

  def faults
    strangers + files.flat_map { |file| faults_of(file) }
  end

  private

  def files
    @files ||= Dir.glob("**/*.{c,h}", base: @extension).sort
  end

  # Folders with sources that have no place in the order, and places in it that have no folder.
  def strangers
    there = files.map { |file| File.dirname(file) }.uniq
    (there - @rooms).map { |room| "#{@extension}/#{room}: is none of the rooms" } +
      (@rooms - there).map { |room| "#{@extension}/#{room}: is a room without files" }
  end

  def faults_of(file)
    lines = File.readlines(File.join(@extension, file), encoding: "UTF-8")
    lines.each.with_index(1).filter_map do |line, number|
      header = line[INCLUDE, 1] or next
      fault = fault_of(File.dirname(file), header) or next
      "#{@extension}/#{file}:#{number}: #{fault}"
    end
  end

  # What is wrong with an include of `header` in a file of `room`, nil if nothing is.
  def fault_of(room, header)
    from = File.dirname(header)
    return "includes \"#{header}\", which names no room" unless @rooms.include?(from)
    return "includes \"#{header}\", which is no file" unless files.include?(header)
    return unless @rooms.include?(room) && @rooms.index(from) > @rooms.index(room)

    "includes \"#{header}\", but #{from} comes after #{room}"
  end
end
