# frozen_string_literal: true

# Who holds the objects of a class? Reads a dump by docs/format.md, with nothing but Ruby:
#
#   ruby examples/who_holds.rb heap.json Shop::Session
#   zstdcat heap.json.zst | ruby examples/who_holds.rb - Shop::Session
#
# Looks for the cheapest path from a root to each of them, prints the one that most of them share,
# edge by edge, and says how many do. It keeps the whole dump in memory: meant for heaps of some
# hundred thousand objects.

require "json"

# References.each finds the edges in a line, Heap the paths, Words tells them.
module WhoHolds
  # The references in the lines of a dump. Each is yielded as target, field, key: the key is a name,
  # an index, the key of a hash, or :key for what is itself the key of a hash.
  module References
    # Fields that may look like references and are none; `value` is one in a constcache only.
    TEXT = %w[
      address attribute autoload class_name constant_locations definition encoding error file
      imemo_type iseq_type label method name original_method path status struct thread_name type
      value_base64 value_hash visibility weak
    ].to_h { |field| [field, true] }.freeze

    module_function

    def each(line, &block)
      line.each do |field, content|
        next if TEXT[field] || (field == "value" && line["imemo_type"] != "constcache")

        case content
        when String then yield content, field, nil if reference?(content)
        when Array then each_in_list(field, content, &block)
        when Hash then each_in_map(field, content, &block)
        end
      end
    end

    def reference?(value)
      value.is_a?(String) && value.start_with?("0x")
    end

    def each_in_list(field, list, &block)
      list.each_with_index do |item, i|
        case item
        when String then yield item, field, i if reference?(item)
        when Array then each_in_pair(field, item, &block) # [key, value]
        when Hash then each_in_frame(field, item, &block)
        end
      end
    end

    def each_in_pair(field, pair)
      key, value = pair
      yield key, field, :key if reference?(key)
      yield value, field, key if reference?(value)
    end

    def each_in_frame(field, frame)
      each(frame) { |target, *edge| yield target, field, [frame, edge] }
    end

    def each_in_map(field, map)
      map.each { |name, value| yield value, field, name if reference?(value) }
    end
  end

  # The lines of a dump as a graph, and the cheapest paths through it.
  class Heap
    # What an edge costs. Names that the application has given are followed first, the VM's own
    # holdings where those lead nowhere, and stacks last, because what they hold is soon let go.
    NAMED = 1
    CLASS = 10
    VM = 1_000
    STACK = 1_000_000

    CLASS_FIELDS = %w[class superclass includer module attached].freeze
    VM_FIELDS = %w[references iseq method_entry cref entry owner methods children].freeze

    # Lines by address, costs of the objects that can be reached by address.
    attr_reader :objects, :costs

    def initialize(input)
      @objects = {}
      @roots = []
      input.each_line do |text|
        line = JSON.parse(text)
        if line["address"] then @objects[line["address"]] = line
        elsif line["type"] == "ROOT" then @roots << line
        end
      end
    end

    # Addresses of the objects of a class, or the one address that was given.
    def find(wanted)
      return [wanted].select { |address| @objects.key?(address) } if References.reference?(wanted)

      @objects.each_value.filter_map { |line| line["address"] if line["class_name"] == wanted }
    end

    # Finds the paths, cheapest first.
    def search
      @costs = {}
      @from = {} # address → [line that holds it, field, key]
      @waiting = Hash.new { |hash, cost| hash[cost] = [] }
      @roots.each { |root| expand(root, root["root"] == "machine_context" ? STACK : 0) }
      until @waiting.empty?
        cost = @waiting.keys.min
        @waiting.delete(cost).each do |address|
          expand(@objects[address], cost) if @costs[address] == cost && @objects[address]
        end
      end
    end

    # The edges from a root to an object as [line, field, key], nil if nothing holds it.
    def path(address)
      edges = []
      while address
        edge = @from[address] or return
        edges.unshift(edge)
        address = edge.first["address"]
      end
      edges
    end

    # The same for all paths that differ in nothing but which of many elements they pass.
    def signature(path)
      path.map do |line, field, key|
        [line["class_name"], field, (key unless key.is_a?(Integer) || References.reference?(key))]
      end
    end

    private

    def expand(line, cost)
      References.each(line) do |target, field, key|
        total = cost + price(line, field)
        next if @costs[target]&.<=(total)

        @costs[target] = total
        @from[target] = [line, field, key]
        @waiting[total] << target
      end
    end

    def price(line, field)
      return field == "variables" ? 0 : NAMED if line["type"] == "ROOT"
      return STACK if field == "frames" || (stack?(line) && field == "references")
      return CLASS if CLASS_FIELDS.include?(field)
      return VM if VM_FIELDS.include?(field) || (line["type"] == "IMEMO" && field != "locals")

      NAMED
    end

    # Threads and fibers: what they hold without a name lies on their stacks, mostly.
    def stack?(line)
      %w[VM/thread fiber].include?(line["struct"])
    end
  end

  # Objects and edges of a heap in words.
  class Words
    SHOWN = 40 # characters of a string
    MODULE = ->(line, _) { "#{line["name"] || "(anonymous)"} (#{line["type"].downcase})" }
    CODE = ->(line, _) { "#{line["struct"] || "iseq"} #{Words.place(line)}".strip }
    BY_KIND = {
      "CLASS" => MODULE, "MODULE" => MODULE, "proc" => CODE, "binding" => CODE, "iseq" => CODE,
      "ARRAY" => ->(line, _) { "Array[#{line["length"]}]" },
      "HASH" => ->(line, _) { "#{line["class_name"] || "Hash"} of #{line["size"]}" },
      "STRING" => ->(line, _) { "String #{line["value"].to_s[0, SHOWN].inspect}" },
      "ment" => ->(line, _) { "method entry #{line["method"]}" },
      "env" => ->(line, objects) { "variables of #{Words.place(objects[line["iseq"]] || {})}" }
    }.freeze

    def self.place(line)
      return line["method"].to_s unless line["file"] # code in C

      "#{line["label"].inspect} #{line["file"]}:#{line["line"]}"
    end

    def initialize(objects)
      @objects = objects
    end

    def object(address)
      line = @objects.fetch(address, {})
      kind = line["struct"] || line["imemo_type"] || line["type"]
      words = BY_KIND[kind]
      words ? words.call(line, @objects) : "#{line["class_name"] || kind} #{address}"
    end

    def edge(line, field, key)
      case field
      when "ivars", "class_variables", "variables" then key
      when "elements" then "[#{key}]"
      when "entries" then entry(key)
      when "constants" then constant(line, key)
      when "locals" then "#{line["imemo_type"] == "env" ? "captured" : "local"} #{key}"
      when "frames" then "frame #{Words.place(key.first)}, #{edge(key.first, *key.last)}"
      when "references" then "(no name)"
      else key ? "#{field.delete_suffix("s").tr("_", "-")} #{key}" : field
      end
    end

    # The lines of a path that ends at an address. How the VM comes to Object is not worth telling.
    def path(edges, address)
      targets = edges.drop(1).map { |line,| line["address"] }.push(address)
      steps = edges.zip(targets).map { |edge, target| "  → #{edge(*edge)} → #{object(target)}" }
      top = edges.rindex { |line,| line["type"] == "CLASS" && line["name"] == "Object" } || 0
      steps[0...top] = "  → … → Object (class)" if top > 1
      ["root #{edges.first.first["root"]}"] + steps
    end

    private

    def constant(line, name)
      ["constant #{name}", line.dig("constant_locations", name)].compact.join(" at ")
    end

    def entry(key)
      return "a key of it" if key == :key

      "[#{References.reference?(key) ? object(key) : key.inspect.delete('"')}]"
    end
  end

  # Says how the objects with these addresses are held.
  def self.report(heap, addresses)
    heap.search
    held = addresses.select { |address| heap.path(address) }
    puts "#{addresses.size} found, #{addresses.size - held.size} of them held by nothing"
    groups = held.group_by { |address| heap.signature(heap.path(address)) }.values
    group = groups.max_by(&:size) or return

    address = group.min_by { |candidate| heap.costs[candidate] }
    puts "#{group.size} are held like #{address}:", ""
    puts Words.new(heap.objects).path(heap.path(address), address)
  end
end

abort "usage: ruby #{$PROGRAM_NAME} FILE|- CLASS|0xADDRESS" unless ARGV.size == 2
file, wanted = ARGV
heap = file == "-" ? WhoHolds::Heap.new($stdin) : File.open(file) { |io| WhoHolds::Heap.new(io) }
addresses = heap.find(wanted)
abort "#{file} has no object of #{wanted}" if addresses.empty?
WhoHolds.report(heap, addresses)
