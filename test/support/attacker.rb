# frozen_string_literal: true

# In a process of its own and as another user: somebody who may write to the directory to which
# somebody else's dump goes, knows under which names it appears there, and puts all he can in their
# place. What he can read he keeps as loot.
class Attacker
  NEW = File::WRONLY | File::CREAT | File::EXCL
  # What each trick puts where a file is expected.
  TRICKS = {
    symlink: ->(name, bait) { File.symlink(bait, name) },
    dangling: ->(name, bait) { File.symlink("#{bait}.new", name) },
    hardlink: ->(name, bait) { File.link(bait, name) },
    fifo: ->(name, _) { File.mkfifo(name, 0o666) },
    directory: ->(name, _) { Dir.mkdir(name, 0o777) },
    file: ->(name, _) { File.open(name, NEW, 0o666) { |io| io.write("the attacker's") } }
  }.freeze

  # names: what he waits for (Regexp), and guesses (Array of Strings)
  def initialize(directory, bait, names, guesses, random = Random.new(1))
    @directory = directory
    @bait = bait
    @names = names
    @guesses = guesses
    @random = random
  end

  # Goes on until the file `stop` is there. Prints how often each trick came off, and the loot.
  def run(stop)
    counts = Hash.new(0)
    loot = []
    until File.exist?(stop)
      here = Dir.children(@directory).grep(@names)
      here.each { |name| loot.concat(look(name)) }
      attack([*here, *@guesses].sample(random: @random), counts)
    end
    puts counts.map { |trick, count| "#{trick}=#{count}" }, loot.uniq.map { |one| "LOOT #{one}" }
  end

  private

  def attack(name, counts)
    path = File.join(@directory, name)
    clear(path)
    trick = TRICKS.keys.sample(random: @random)
    TRICKS[trick].call(path, @bait)
    counts[trick] += 1
  rescue SystemCallError
    nil # not allowed, or not in time
  end

  def clear(path)
    case @random.rand(3)
    when 0 then File.unlink(path)
    when 1 then File.rename(path, "#{path}.gone")
    else Dir.rmdir(path)
    end
  rescue SystemCallError
    nil
  end

  def look(name)
    text = File.open(File.join(@directory, name), File::RDONLY | File::NONBLOCK) { |io| io.read(99) }
    text.to_s.match?(/HEADER|HDINDEX|secret/) ? ["#{name}: #{text.inspect}"] : []
  rescue SystemCallError, IOError
    []
  end
end
