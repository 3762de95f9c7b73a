# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/made_dump"

# What is the application's, a gem's, Ruby's or the VM's.
class TestOrigins < HeapDumpTest
  GEM = "/usr/lib/ruby/gems/3.3.0/gems/puma-6.4/lib/puma/server.rb:3"

  def setup
    super
    path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      made.constant("SESSION", made.object("Session"))
      made.constant("SERVER", made.object("Server"))
      made.constant("ERROR", made.object("RuntimeError"))
      made.constant("NAMES", made.array([made.string("a"), made.internal("env")]))
      made.constant("THREAD", made.thread([["run", "/app/a.rb", 1]]))
    end
    text = File.read(path).sub("/app/server.rb:1", GEM)
               .sub("/app/runtimeerror.rb:1", "<internal:exception>:0")
    File.write(path, text)
    @snapshot = HeapDump::Snapshot.open(path)
  end

  def origin(name)
    @snapshot.find(class: name).first.origin
  end

  def test_objects_of_the_program_are_told_by_their_class
    assert_equal %i[app gem core core core],
                 %w[Session Server RuntimeError Array String].map { |name| origin(name) }
  end

  def test_what_every_process_has_is_told_by_what_it_is_for
    assert_equal :stack, origin("Thread")
    assert_equal :code, @snapshot.modules_named("Session").first.origin
    assert_equal [:vm], @snapshot.each.select { |node| node.type == "IMEMO" }.map(&:origin)
  end

  def test_ranks_and_places
    nodes = %w[Session Server Array].map { |name| @snapshot.find(class: name).first }
    assert_equal [0, 1, 2], nodes.map { |node| @snapshot.origins.rank(node) }
    assert_equal ["/app/session.rb:1", GEM, nil],
                 %w[Session Server Array].map { |name| @snapshot.origins.place(name) }
    assert_equal "/app/store.rb:3",
                 @snapshot.origins.constant(@snapshot.modules_named("Store").first, "NAMES")
  end
end
