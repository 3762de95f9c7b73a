# frozen_string_literal: true

require "json"
require_relative "dump"
require_relative "schema"

# The graph of a dump as test/heapgraph/print_graph prints it, made by a slow reader that follows
# docs/format.md by way of Schema and shares nothing with the one in C. Floats as keys of hashes are
# left out, since nobody here knows their text any more.
class SlowGraph
  TYPES = %w[OBJECT CLASS MODULE ICLASS FLOAT STRING REGEXP ARRAY HASH STRUCT BIGNUM FILE DATA MATCH
             COMPLEX RATIONAL SYMBOL IMEMO NODE].freeze
  FLAGS = { "singleton" => 4, "frozen" => 8, "old" => 16, "shared" => 32, "error" => 64,
            "finalizer" => 128 }.freeze
  MAPS = { "ivars" => "IVAR", "members" => "MEMBER", "constants" => "CONSTANT",
           "class_variables" => "CVAR", "methods" => "METHOD", "variables" => "GLOBAL",
           "locals" => "CAPTURED", "fiber_locals" => "FIBER_LOCAL" }.freeze
  TOLD = { "trap_handlers" => "handler of ", "addresses" => "variable of C: ",
           "ractor_locals" => "ractor-local :" }.freeze
  PAYLOAD_NONE = (2**27) - 1
  OWN_PLACE = %w[proc binding method enumerator].freeze
  CACHES = %w[callcache callinfo constcache].freeze

  LISTS = { "references" => :reference_edges, "elements" => :element_edges,
            "entries" => :entries_edges, "frames" => :frames_edges, "weak" => :weak_edges }.freeze

  # Lines as print_graph writes them, by what they begin with.
  attr_reader :nodes

  def initialize(path)
    @nodes = {}
    @roots = 0
    @targets = {}
    @class_names = {}
    Dump.open(path) { |io| io.each_line("\n") { |text| add(JSON.parse(text)) } }
    add_missing
    add_virtual_root
  end

  private

  def add(line)
    case line["type"]
    when "HEADER", "FOOTER" then nil
    when "ROOT" then add_root(line)
    else add_object(line)
    end
  end

  def add_root(line)
    fields = { type: "ROOT", flags: line["root"] == "machine_context" ? 1 : 0, label: line["root"] }
    put("##{@roots}", fields, edges(line))
    @roots += 1
  end

  def add_object(line)
    type = line["type"]
    holder = line["class"] unless type == "IMEMO"
    refer(holder, line["class_name"]) if holder
    label = %w[CLASS MODULE].include?(type) ? line["name"] : line["struct"] || line["imemo_type"]
    put(line["address"],
        { type: TYPES.include?(type) ? type : "UNKNOWN", class: holder, memsize: line["memsize"],
          flags: flags(line), label: label, at: allocation(line) }, edges(line))
  end

  def flags(line)
    sum = FLAGS.sum { |name, bit| line[name] ? bit : 0 }
    CACHES.include?(line["imemo_type"]) ? sum | 2 : sum
  end

  def allocation(line)
    own = line["type"] == "IMEMO" || OWN_PLACE.include?(line["struct"])
    place = line["file"] && !own ? escape([line["file"], line["line"]].compact.join(":")) : ""
    line["generation"] ? "#{place}@#{line["generation"]}" : place
  end

  # [kind, name, target] of every reference, in the order of the line.
  def edges(line)
    kinds = Schema.fields(line)
    line.flat_map { |name, value| field_edges(name, value, kinds[name]) }
  end

  def field_edges(name, value, kind)
    return told_edges(TOLD[name], value) if TOLD.key?(name)
    return MAPS.key?(name) ? map_edges(MAPS[name], value) : [] if %i[map ref_map].include?(kind)
    return send(LISTS[name], value) if LISTS.key?(name)

    %i[text address].include?(kind) || name == "class" ? [] : plain_edges(name, value)
  end

  def map_edges(kind, map)
    map.filter_map { |name, value| [kind, escape(name), value] if reference?(value) }
  end

  def told_edges(what, texts)
    texts.filter_map { |text, to| ["FIELD", escape("#{what}#{text}"), to] if reference?(to) }
  end

  def plain_edges(name, value)
    Array(value).flatten.grep(/\A0x/).map { |target| ["FIELD", name, target] }
  end

  def reference_edges(targets)
    targets.map { |target| ["REFERENCE", nil, target] }
  end

  def entries_edges(entries)
    entries.each_with_index.flat_map { |pair, i| entry_edges(pair, i) }
  end

  def frames_edges(frames)
    frames.flat_map { |frame| frame_edges(frame) }
  end

  def element_edges(values)
    values.each_with_index.filter_map { |value, i| ["INDEX", i, value] if reference?(value) }
  end

  def entry_edges((key, value), position)
    edges = []
    edges << ["KEY", position, key] if reference?(key)
    edges << [*value_name(key), value] if reference?(value)
    edges
  end

  def value_name(key)
    if reference?(key) then ["VALUE_AT", key]
    elsif key.is_a?(Integer) && key >= 0 && key < PAYLOAD_NONE then ["VALUE_INT", key]
    elsif key.is_a?(Float) then %w[VALUE float]
    else ["VALUE", escape(key.nil? ? "nil" : key.to_s)]
    end
  end

  def frame_edges(frame)
    place = frame_place(frame)
    frame.flat_map do |name, value|
      if name == "locals"
        map_edges("FRAME_LOCAL", value).map { |k, n, t| [k, "#{escape("#{place}\x1f")}#{n}", t] }
      else
        reference?(value) ? [["FRAME", escape("#{place}\x1f#{name}"), value]] : []
      end
    end
  end

  def frame_place(frame)
    place = frame["label"] || frame["method"] || "?"
    return place unless frame["file"]

    [[place, frame["file"]].join(" "), frame["line"]].compact.join(":")
  end

  def weak_edges(weak)
    return weak.flatten.grep(/\A0x/).map { |target| ["WEAK", nil, target] } if weak.is_a?(Array)

    weak.map { |name, target| ["WEAK", name, target] }
  end

  def reference?(value)
    value.is_a?(String) && value.match?(/\A0x\h+\z/)
  end

  def refer(address, class_name = nil)
    @targets[address] = true
    @class_names[address] ||= class_name if class_name
  end

  def put(id, fields, edges)
    edges.each { |edge| refer(edge.last) }
    text = [id, fields[:type], "class=#{fields[:class] || "-"}", "memsize=#{fields[:memsize] || 0}",
            "flags=#{fields[:flags] || 0}", "label=#{escape(fields[:label] || "")}",
            "at=#{fields[:at]}"]
    edges.each { |kind, name, target| text << edge_text(kind, name, target) }
    @nodes[id] ||= text.join("\t")
  end

  def edge_text(kind, name, target)
    %w[REFERENCE ROOT].include?(kind) ? "#{kind} #{target}" : "#{kind} #{name} #{target}"
  end

  def add_missing
    (@targets.keys - @nodes.keys).each do |address|
      put(address, { type: "MISSING", label: @class_names[address] }, [])
    end
  end

  def add_virtual_root
    put("##{@roots}", { type: "VIRTUAL_ROOT" }, Array.new(@roots) { |i| ["ROOT", nil, "##{i}"] })
  end

  def escape(text)
    text.b.gsub(/[\x00-\x1f\\\x7f]/n) { |c| format("\\x%02x", c.ord) }.force_encoding(Encoding::UTF_8)
  end
end
