# frozen_string_literal: true

require "test_helper"

# The tests' own tools: a reader that lets something pass would let every test pass.
class TestReader < HeapDumpTest
  HEADER = '{"type":"HEADER","format":1,"heapdump":"0","ruby":"3","ruby_description":"r",' \
           '"platform":"p","pid":1,"program":"x","host":"h","time":"t","gc_ran":true,' \
           '"strings":"full","slot_size":40,"gc":{"count":1},"memory":{"rss":1},"capabilities":[]}'
  GOOD = '{"address":"0x10","type":"OBJECT","class":"0x20","ivars":{"@a":"0x30","@b":":x"},' \
         '"memsize":40}'

  def test_a_good_dump
    dump = assert_whole read(GOOD, '{"type":"ROOT","root":"vm","references":["0x10"]}')
    assert_equal %w[0x20 0x30], dump.references_of(dump["0x10"])
    assert_equal %w[0x10], dump.root_references("vm")
  end

  BAD = {
    "duplicate key" => '{"address":"0x10","type":"OBJECT","memsize":1,"memsize":2}',
    "unknown field" => '{"address":"0x10","type":"OBJECT","memsize":1,"nonsense":2}',
    "no ref" => '{"address":"0x10","type":"OBJECT","memsize":1,"class":"Object"}',
    "upper case" => '{"address":"0xAB","type":"OBJECT","memsize":1}',
    "no value" => '{"address":"0x10","type":"ARRAY","memsize":1,"length":1,"elements":["x"]}',
    "false boolean" => '{"address":"0x10","type":"OBJECT","memsize":1,"frozen":false}',
    "lone surrogate" => '{"address":"0x10","type":"STRING","bytesize":1,"memsize":1,' \
                        '"value":"\ud800"}',
    "nan" => '{"address":"0x10","type":"FLOAT","memsize":1,"value":NaN}',
    "invalid UTF-8" => "{\"address\":\"0x10\",\"type\":\"OBJECT\",\"memsize\":1,\"file\":\"\xFF\"}",
    "control" => "{\"address\":\"0x10\",\"type\":\"OBJECT\",\"memsize\":1,\"file\":\"\t\"}",
    "trailing" => "#{GOOD} x",
    "array" => "[]",
    "imemo with class" => '{"address":"0x10","type":"IMEMO","imemo_type":"env","memsize":1,' \
                          '"class":"0x20"}'
  }.freeze

  BAD.each do |name, line|
    define_method("test_#{name.tr(" ", "_")}_is_a_complaint") do
      assert_equal [2], read(line).complaints.map(&:number).uniq
    end
  end

  def test_an_address_twice_is_a_complaint
    complaints = read(GOOD, GOOD).complaints
    assert_equal ["second line of 0x10"], complaints.map(&:reason)
  end

  def test_cut_dumps_are_not_complete
    dump = read(GOOD)
    [File.size(dump.path) - 10, 300, 0].each do |size|
      File.truncate(dump.path, size)
      refute_predicate Dump.load(dump.path), :complete?
    end
  end

  def test_references_of_every_kind
    {
      '{"type":"HASH","size":1,"entries":[["0x1",":a"],[3,"0x2"]],"default":"0x3"}' => 3,
      '{"type":"STRUCT","members":{"a":"0x1","b":null}}' => 1,
      '{"type":"STRING","value":"0x1","shared_root":"0x2"}' => 1,
      '{"type":"CLASS","name":"0x1","methods":{"a":"0x2"},"constants":{"A":"0x3","B":1},' \
      '"constant_locations":{"A":"0x4"},"class_variables":{"@@a":"0x5"}}' => 3,
      '{"type":"DATA","struct":"VM/thread","thread_name":"0x1","frames":[{"label":"0x2",' \
      '"self":"0x3","locals":{"a":"0x4","b":"0x4"},"env":"0x5"}],"fiber_locals":{"a":"0x6"}}' => 5,
      '{"type":"DATA","struct":"weakmap","weak":[["0x1","0x2"]],"references":["0x3","0x3"]}' => 2,
      '{"type":"IMEMO","imemo_type":"callcache","weak":{"entry":"0x1"}}' => 0,
      '{"type":"IMEMO","imemo_type":"iseq","file":"0x1","children":["0x2","0x3"]}' => 2
    }.each { |text, count| assert_equal count, References.of(JSON.parse(text)).size, text }
  end

  private

  def read(*lines)
    path = File.join(scratch, "made.json")
    text = [HEADER, *lines].join("\n").concat("\n").b
    footer = { type: "FOOTER", objects: lines.count { |line| line.include?("address") },
               bytes: text.bytesize, seconds: 0.1, allocated_objects: 0,
               gc_runs: 0, heaps: [], complete: true }
    File.binwrite(path, "#{text}#{JSON.generate(footer)}\n")
    Dump.load(path)
  end
end
