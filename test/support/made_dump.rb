# frozen_string_literal: true

require "json"

# A small dump that is made by hand: a module Store with constants, and what they hold.
class MadeDump
  OBJECT = 0x1000
  STORE = 0x2000
  CLASSES = 0x10_000
  FREE = 0x20_0000 # objects without an address of their own begin here

  # Writes what the block makes to `path`, as the dump number `number` of a process, and returns it.
  def self.write(path, number, pid: 7, program: "app", allocated: 1_000 * (number + 1),
                 memory: nil, host: "here")
    header = { type: "HEADER", format: 1, heapdump: "0", ruby: "3.3.0", pid: pid, program: program,
               host: host, time: format("2026-01-01T00:%02d:00.000Z", number), gc_ran: true,
               gc: { count: number, total_allocated_objects: allocated }, slot_size: 40,
               capabilities: %w[hash_entries constants], memory: memory }.compact
    made = new
    yield made
    File.write(path, made.text(header))
    path
  end

  def initialize
    @lines = []
    @constants = {}
    @classes = {}
    @methods = {}
    @places = {} # of constants of Object
    @class_fields = {}
    @rooted = []
    @root_fields = {}
    @free = FREE
  end

  # Each of these returns the address of what it has made.

  def object(name, address: nil, memsize: 40, ivars: {})
    line("OBJECT", name, address, ivars: ivars.compact, memsize: memsize)
  end

  def string(value, address: nil, memsize: 40)
    line("STRING", "String", address, bytesize: value.bytesize, value: value, memsize: memsize)
  end

  def symbol(value)
    line("SYMBOL", "Symbol", nil, value: value, memsize: 40)
  end

  def number(memsize: 40)
    line("BIGNUM", "Integer", nil, memsize: memsize)
  end

  def array(elements, address: nil, memsize: 40)
    line("ARRAY", "Array", address, length: elements.size, elements: elements, memsize: memsize)
  end

  # An array whose elements lie in the buffer of another, which no program sees.
  def shared_array(elements)
    hidden = hex(@free += 64)
    @lines << { address: hidden, type: "ARRAY", length: elements.size, elements: elements,
                memsize: 40 }
    line("ARRAY", "Array", nil, length: elements.size, shared: true, shared_root: hidden, offset: 0,
                                memsize: 40)
  end

  # An array that no program sees.
  def hidden_array(elements, memsize: 40)
    address = hex(@free += 64)
    @lines << { address: address, type: "ARRAY", length: elements.size, elements: elements,
                memsize: memsize }
    address
  end

  # A slice of another string, whose buffer it shares.
  def slice(bytesize, root, address: nil)
    line("STRING", "String", address, bytesize: bytesize, shared: true, shared_root: root,
                                      memsize: 40)
  end

  # A part of an array, whose elements lie in the buffer of another.
  def array_slice(length, root, address: nil)
    line("ARRAY", "Array", address, length: length, shared: true, shared_root: root, offset: 0,
                                    memsize: 40)
  end

  # Changes fields of a line.
  def change(address, **fields)
    @lines.find { |one| one[:address] == address }.merge!(fields)
  end

  # A class of that name which is not its constant.
  def former_class(name, address: nil, **fields)
    address = hex(address || (@free += 64))
    @lines << { address: address, type: "CLASS", name: name, memsize: 100, **fields }
    address
  end

  # A class that is the constant of its name, which was assigned at that place (nil: not known).
  def defined_class(name, place: nil, **fields)
    @places[name] = place
    @class_fields[name] = fields
    klass(name)
  end

  # The singleton class of an object.
  def singleton(attached, **fields)
    address = hex(@free += 64)
    @lines << { address: address, type: "CLASS", singleton: true, attached: attached, memsize: 100,
                **fields }
    address
  end

  def hash(entries)
    line("HASH", "Hash", nil, size: entries.size, entries: entries, memsize: 40)
  end

  # Frames are [label, file, line], the innermost first.
  def thread(frames, name: "Thread", **fields)
    frames = frames.map { |label, file, line| { label: label, file: file, line: line } }
    line("DATA", name, nil, struct: "VM/thread", frames: frames, memsize: 40, **fields)
  end

  # A variable of the frame with that index holds it.
  def local(thread, frame, name, address)
    line = @lines.find { |one| one[:address] == thread }
    line[:frames][frame][:locals] = { name => address }
  end

  # It is self in the frame with that index.
  def self_of(thread, frame, address)
    @lines.find { |one| one[:address] == thread }[:frames][frame][:self] = address
  end

  # The variables of the frame with that index are in an env.
  def env_of(thread, frame, env)
    @lines.find { |one| one[:address] == thread }[:frames][frame][:env] = env
  end

  # A fiber whose outermost frame is that one.
  def fiber(status, label)
    frames = [{ label: label, file: "/app/a.rb", line: 1 }]
    line("DATA", "Fiber", nil, struct: "fiber", status: status, frames: frames, memsize: 40)
  end

  def file(name, **fields)
    line("FILE", name, nil, memsize: 40, **fields)
  end

  # Something of the VM's own.
  def internal(kind, **fields)
    address = hex(@free += 64)
    @lines << { address: address, type: "IMEMO", imemo_type: kind, memsize: 40, **fields }
    address
  end

  # What is implemented in C.
  def data(name, struct, address: nil, memsize: 40, **fields)
    line("DATA", name, address, struct: struct, memsize: memsize, **fields)
  end

  # Store::NAME holds it.
  def constant(name, address)
    @constants[name] = address if address
  end

  # A structure of the VM.
  def hidden_data(struct, **fields)
    address = hex(@free += 64)
    @lines << { address: address, type: "DATA", struct: struct, memsize: 40, **fields }
    address
  end

  # The VM holds it.
  def root(address)
    @rooted << address
  end

  # The root "vm" has this field.
  def root_field(name, value)
    @root_fields[name] = value
  end

  # Store::NAME is no object.
  def value(name, value)
    @constants[name] = value
  end

  # A class has a method that is written there.
  def written_method(klass, name, file, line)
    code = internal("iseq", label: name, file: file, line: line)
    klass(klass)
    (@methods[klass] ||= {})[name] = internal("ment", method: name, iseq: code)
  end

  def text(header)
    lines = [*roots, *modules, *@lines.sort_by { |one| one[:address].hex }]
    text = [header, *lines].map { |one| "#{JSON.generate(one)}\n" }.join
    objects = lines.count { |one| one[:address] }
    footer = { type: "FOOTER", objects: objects, roots: roots.size, lines: lines.size + 2,
               bytes: text.bytesize, seconds: 0.1, heaps: [], complete: true }
    "#{text}#{JSON.generate(footer)}\n"
  end

  private

  def hex(number)
    format("0x%x", number)
  end

  def line(type, name, address, **fields)
    address = hex(address || (@free += 64))
    @lines << { address: address, type: type, class: klass(name), class_name: name, **fields }
    address
  end

  def klass(name)
    @classes[name] ||= hex(CLASSES + (@classes.size * 64))
  end

  def roots
    [{ type: "ROOT", root: "vm", references: [hex(OBJECT), *@rooted], **@root_fields }]
  end

  def modules
    places = @classes.keys.to_h { |name| [name, "/app/#{name.downcase}.rb:1"] }
                     .except("String", "Array", "Hash").merge(@places).compact
    [mod("CLASS", "Object", hex(OBJECT), @classes.merge("Store" => hex(STORE)), places),
     mod("MODULE", "Store", hex(STORE), @constants,
         @constants.keys.to_h { |name| [name, "/app/store.rb:3"] }),
     *@classes.map do |name, address|
       mod("CLASS", name, address, {}, {}).merge(methods: @methods[name] || {},
                                                 **@class_fields.fetch(name, {}))
     end]
  end

  def mod(type, name, address, constants, places)
    { address: address, type: type, name: name, constants: constants, constant_locations: places,
      memsize: 100 }
  end
end
