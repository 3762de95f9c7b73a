# frozen_string_literal: true

require "support/text"

module Programs
  # Compares lines with what Reflection wrote down of their objects.
  class Expected
    # `lines` finds the line of an address (an Integer), nil if there is none.
    def initialize(lines, redacted:)
      @lines = lines
      @redacted = redacted
    end

    # Sentences, one for each difference.
    def differences(address, fields)
      line = @lines.call(address) or return ["0x#{address.to_s(16)} has no line"]
      @line = with_variables(line)
      fields.filter_map do |name, expected|
        found = send(:"check_#{name}", expected)
        next if found == true

        "#{name} is #{found.inspect[0, 500]}, not #{expected.inspect[0, 500]}: " \
          "#{line.inspect[0, 700]}"
      end
    end

    private

    # From Ruby 4.0 on the variables of most objects stand on the line of an IMEMO.
    def with_variables(line)
      fields = line["fields"] && at(line["fields"])
      fields ? line.merge(fields.slice("ivars", "class_variables")) : line
    end

    def at(address)
      address && @lines.call(address.hex)
    end

    def text(bytes)
      bytes && Text.name(bytes)
    end

    # With \xNN spelled in one way, wherever it stands.
    def normal(found)
      case found
      when String then Text.normalize(found)
      when Array then found.map { |item| normal(item) }
      when Hash then found.to_h { |name, item| [normal(name), normal(item)] }
      else found
      end
    end

    def same(found, expected)
      found.eql?(expected) || normal(found).eql?(normal(expected)) || found
    end

    def subset(found, expected)
      missing = expected.reject { |name, item| found.key?(name) && found[name].eql?(item) }
      missing.empty? || found.slice(*missing.keys)
    end

    def check_failed(_message)
      "an object that could not be asked"
    end

    def check_class_name(name)
      same(@line["class_name"], text(name))
    end

    def check_module_name(name)
      same(@line["name"], text(name))
    end

    # Others are names that MRI and extensions use for themselves.
    def check_ivars(pairs)
      found = (@line["ivars"] || {}).select { |name, _| name.start_with?("@") }
      same(found, pairs)
    end

    def check_content(bytes)
      return true if @redacted || !(@line.key?("value") || bytes.ascii_only? || utf8?(bytes))

      return same(@line["value"], bytes.dup.force_encoding("UTF-8")) if @line.key?("value")

      same(@line["value_base64"], [bytes].pack("m0"))
    end

    def utf8?(bytes)
      @line["encoding"] == "UTF-8" && bytes.dup.force_encoding("UTF-8").valid_encoding?
    end

    def check_encoding(name)
      same(@line.fetch("encoding", "ASCII-8BIT"), name == "BINARY" ? "ASCII-8BIT" : name)
    end

    %w[bytesize length size options].each do |name|
      define_method(:"check_#{name}") { |expected| same(@line[name], expected) }
    end

    %w[compare_by_identity lambda fd receiver numerator denominator real imaginary default
       default_proc method].each do |name|
      define_method(:"check_#{name}") { |expected| same(@line[name], expected) }
    end

    def check_thread_name(name)
      same(@line["thread_name"], @redacted ? nil : text(name))
    end

    # A proc made from a method has no place of its own.
    def check_file(expected)
      @line["from_method"] || same(@line["file"], text(expected))
    end

    def check_line(expected)
      @line["from_method"] || same(@line["line"], expected)
    end

    # Those of a shared array stand on the line of the one that holds them.
    def check_elements(list)
      return same(@line["elements"], list) if @line.key?("elements") || !@line["shared"]

      root = at(@line["shared_root"]) or return "no root"
      same(root["elements"][@line["offset"], @line["length"]], list)
    end

    def check_entries(pairs)
      same(@line["entries"], pairs)
    end

    def check_members(pairs)
      same(@line["members"], pairs)
    end

    def check_value(expected)
      same(@line["value"], expected)
    end

    def check_float(bits)
      found = @line["value"]
      found = { "NaN" => Float::NAN, "Infinity" => Float::INFINITY,
                "-Infinity" => -Float::INFINITY }.fetch(found, found)
      [found].pack("G") == bits || (found.nan? && bits.unpack1("G").nan?) || found
    end

    def check_env_locals(pairs)
      return true if @line["from_method"]

      blocks = []
      locals = {}
      env = at(@line["env"])
      while env
        locals = (env["locals"] || {}).merge(locals)
        blocks << env["block"]
        env = at(env["parent"])
      end
      expected = pairs.reject { |name, item| unread?(locals.fetch(name, 0), item, blocks) }
      subset(locals, expected)
    end

    # A block parameter is nil until it is read, as it was after the dump; till then the block is
    # that of the env, or has no object yet.
    def unread?(found, item, blocks)
      found.nil? && item.is_a?(String) && item.start_with?("0x") &&
        (blocks.include?(item) || at(item).nil?)
    end

    # In a frame of the fiber, or of the thread where that is the one which holds it; or in the env
    # around, where a variable of that name was there already.
    def check_frame_locals(list)
      missing = list.reject do |thread, name, item|
        lines = [@line, @lines.call(thread)].compact
        frames = lines.flat_map { |line| line["frames"] || [] }
        [*frames.map { |frame| locals(frame) }, *around(lines)].any? do |locals|
          locals[name].eql?(item)
        end
      end
      missing.empty? || "without #{missing.inspect}"
    end

    def around(lines)
      held = lines.flat_map { |line| line["references"] || [] }.uniq.filter_map { |ref| at(ref) }
      held.filter_map { |line| line["locals"] if line["imemo_type"] == "env" }
    end

    def locals(frame)
      frame["locals"] || at(frame["env"])&.fetch("locals", nil) || {}
    end

    def check_weak_pairs(pairs)
      found = @line["weak"] || []
      ((found - pairs).empty? && (pairs - found).empty?) || found
    end

    def check_constants(pairs)
      subset(@line["constants"] || {}, pairs)
    end

    def check_class_variables(pairs)
      subset(@line["class_variables"] || {}, pairs)
    end

    def check_methods(names)
      missing = names - (@line["methods"] || {}).keys
      missing.empty? || "without #{missing}"
    end
  end
end
