# frozen_string_literal: true

require "support/dump"
require "support/line_details"
require "support/name_law"
require "support/reference_law"
require "support/untouched_law"
require_relative "expected"
require_relative "look"

module Programs
  # What a child left behind in its directory.
  class Case
    attr_reader :directory, :facts

    def initialize(directory)
      @directory = directory
      @facts = Marshal.load(File.binread(path("facts"))) # rubocop:disable Security/MarshalLoad
    end

    def path(name)
      File.join(@directory, name)
    end

    def dump
      path(@facts.fetch(:dump))
    end

    def options
      @facts.fetch(:options)
    end
  end

  # The heap that every program begins with, and the lines that were found right.
  class Base
    attr_reader :before, :after, :texts, :targets

    def initialize(made)
      @before = Look.new(made.path("a"))
      @after = Look.new(made.path("b"))
      @texts = {}
      @targets = {}
      Dump.new(made.dump, strict: true).read do |line, text|
        next unless line.key?("address")

        address = line["address"].hex
        @texts[address] = text
        @targets[address] = References.of(line).map(&:hex)
      end
    end
  end

  # A dump in which lines that are right already are not parsed.
  class ProgramDump < Dump
    class Known < Hash; end

    def initialize(path, known)
      super(path)
      @known = known
    end

    private

    def parse(text)
      address = OBJECT.match(text)
      return super unless address && @known.call(address[1].hex, text)

      Known["address", "0x#{address[1]}"]
    end
  end

  # Law 1, with lines whose references are known. The dump may be asked for in a fiber or a thread,
  # from whose line its stack hangs: what lies there by chance differs from call to call.
  class ProgramLaw < ReferenceLaw
    def known(address, targets)
      @seen[address] = true
      targets.each { |target| @targets[target] ||= address }
    end

    private

    def running(*); end
  end

  # Law 2, but for what has no name in MRI: variables that some exceptions have for C alone, and
  # the argument that a block takes apart; and for names that are spelled like others.
  class ProgramNames < NameLaw
    private

    def named?(line)
      super && line["imemo_type"] != "env" && !line["ivars"]&.key?("mesg") &&
        names(line).all? { |name| name.ascii_only? && !name.include?("\\") }
    end

    def names(line)
      line.values_at("ivars", "members").compact.flat_map(&:keys)
    end
  end

  # The laws over one program. `base` is the Base of the host that ran it.
  class Check
    attr_reader :findings, :kinds

    def initialize(made, base = nil)
      @made = made
      @base = base
      @findings = []
      @kinds = Hash.new(0)
      @lines = {}
    end

    def call
      @made.options[:format] == :objspace ? only_text : all
      @findings
    end

    private

    def only_text
      seen = {}
      Dump.open(@made.dump) do |io|
        io.each_line do |text|
          line = StrictJSON.parse(text)
          StrictJSON.agrees?(line, text) or note(:parsers, text)
          note(:twice, text) if line["address"] && seen.key?(line["address"])
          seen[line["address"]] = true
        rescue StrictJSON::Refused => e
          note(:json, "#{e.message}: #{text[0, 300].inspect}")
        end
      end
    end

    def all
      @before = Look.new(@made.path("a"), @base&.before)
      @after = Look.new(@made.path("b"), @base&.after)
      running = @made.facts[:running].map { |address| format("0x%x", address) }
      laws(running)
      read
      @law.finish
      note(:references, @law.to_s) unless @law.clean?
      { details: @details.problems, nameless: @names.nameless,
        json: @dump.complaints }.each { |law, list| note_all(law, list) }
      untouched(running)
      counts
      roots
      expected
    end

    def laws(running)
      @law = ProgramLaw.new(@before, @after, running: running)
      @details = LineDetails.new(@before, @after)
      @names = ProgramNames.new(@after)
    end

    def read
      @dump = ProgramDump.new(@made.dump, method(:known?))
      @dump.read do |line, _|
        next known(line["address"].hex) if line.is_a?(ProgramDump::Known)

        @kinds[line.values_at("type", "struct", "imemo_type", "root").compact.join(" ")] += 1
        @lines[line["address"].hex] = line if line.key?("address")
        [@law, @details, @names].each { |law| law.feed(line) }
      end
    end

    def known?(address, text)
      @base && @base.texts[address] == text && @before.same?(@base.before, address) &&
        @after.same?(@base.after, address)
    end

    def known(address)
      @law.known(address, @base.targets[address])
    end

    def untouched(running)
      law = UntouchedLaw.new(@before, @after, running: running)
      note_all(:flags, law.flags)
      note_all(:words, law.words)
    end

    def counts
      footer = @dump.footer
      return note(:footer, "is not there") unless footer

      note(:complete, footer.inspect) unless @dump.complete?
      note(:errors, "#{footer["errors"]} objects could not be read") if footer["errors"]
      { allocated: footer["allocated_objects"], gc: footer["gc_runs"],
        runs: @made.facts[:runs] }.each { |law, count| note(law, count) unless count.zero? }
      unless @made.facts[:objects] == @dump.object_lines &&
             @made.facts[:bytes] == File.size(@made.dump)
        note(:result, @made.facts.slice(:objects, :bytes).inspect)
      end
      note(:mode, "of the file") unless File.stat(@made.dump).mode & 0o7777 == 0o600
    end

    # But for the stack of the very call that looks at it, and tables of finalizers, which we add.
    def roots
      found = Hash.new { |hash, key| hash[key] = [] }
      @dump.roots.each { |line| found[line["root"]].concat(References.of(line).map(&:hex)) }
      before = @before.roots
      after = @after.roots
      ((before.keys & after.keys) - %w[machine_context]).each do |category|
        differ("#{category} lacks", (before[category] & after[category]) - found[category])
        next if category == "finalizers"

        differ("#{category} has", found[category] - before[category] - after[category])
      end
    end

    # Call caches take turns in a table of the VM, between the looks too (see Laws).
    def differ(what, roots)
      roots -= @after.call_caches unless roots.empty?
      note(:roots, "#{what} #{roots.first(5)}") unless roots.empty?
    end

    def expected
      lines = ->(address) { @lines[address] || known_line(address) }
      strings = @made.options.fetch(:strings, :full)
      check = Expected.new(lines, redacted: strings != :full)
      @made.facts[:expected].each do |address, fields|
        note_all(:names, check.differences(address, fields))
      end
    end

    def known_line(address)
      text = @base && @dump.key?(format("0x%x", address)) && @base.texts[address]
      text && JSON.parse(text.dup.force_encoding("UTF-8"))
    end

    def note_all(law, list)
      list.first(5).each { |item| note(law, "#{item}#{" (of #{list.size})" if list.size > 5}") }
    end

    def note(law, text)
      @findings << "#{law}: #{text}"
    end
  end
end
