# frozen_string_literal: true

require "open3"

# What no line of the project may be: what git leaves in a file where two changes did not go
# together, or, in C, longer than WIDTH characters. clang-format leaves comments as they are.
class Lines
  WIDTH = 100
  CONFLICT = /^(?:<<<<<<<|>>>>>>>) /n

  # What is wrong in these files, a sentence for each fault.
  def self.faults(files = tracked)
    files.select { |file| File.file?(file) }.flat_map { |file| new(file).faults }
  end

  # The files that git knows; all where there is no git.
  def self.tracked
    names, status = Open3.capture2("git", "ls-files", "-z", err: File::NULL)
    status.success? ? names.split("\0") : Dir["**/*"]
  rescue Errno::ENOENT
    Dir["**/*"]
  end

  def initialize(file)
    @file = file
    @lines = File.binread(file).split("\n")
  end

  def faults
    @lines.each.with_index(1).filter_map do |line, number|
      fault = fault_of(line)
      "#{@file}:#{number}: #{fault}" if fault
    end
  end

  private

  def fault_of(line)
    return "is a mark of a conflict" if line.match?(CONFLICT)
    return unless @file.end_with?(".c", ".h")

    size = line.force_encoding(Encoding::UTF_8).size
    "has #{size} characters, more than #{WIDTH}" if size > WIDTH
  end
end
