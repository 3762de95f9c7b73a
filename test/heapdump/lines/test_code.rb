# frozen_string_literal: true

require "test_helper"

# Procs, bindings, methods; environments, iseqs and method entries behind them.
class TestCode < HeapDumpTest
  include Planted

  SOURCE = File.expand_path("../../support/nasty_heap/code.rb", __dir__)

  def test_procs_bindings_and_methods_are_as_planted
    assert_family "Code"
  end

  def test_a_lambda_leads_to_its_code
    line = planted(:proc_lambda)
    code = dump[line.fetch("iseq")]
    assert_equal %w[IMEMO iseq block], code.values_at("type", "imemo_type", "iseq_type")
    assert_equal line.values_at("file", "line", "label"), code.values_at("file", "line", "label")
    around = dump[code.fetch("parent")]
    assert_equal %w[procs method], around.values_at("label", "iseq_type")
    assert_includes [around["address"], nil], code["local_iseq"] # not every Ruby marks it
    assert_includes around.fetch("children"), code["address"]
  end

  def test_captured_locals_by_name
    env = dump[planted(:proc_lambda).fetch("env")]
    assert_equal planted(:proc_held)["address"], env.fetch("locals").fetch("local")
    assert_equal "procs", dump[env.fetch("iseq")]["label"]
  end

  def test_locals_of_each_level
    inner = dump[planted(:proc_environment).fetch("env")]
    assert_equal({ "element" => 1 }, inner.fetch("locals"))
    outer = dump[inner.fetch("parent")].fetch("locals")
    assert_equal planted(:local_outer)["address"], outer.fetch("outer")
    assert_equal planted(:local_middle)["address"], outer.fetch("middle")
    assert_equal [3, 1.5, nil], outer.fetch_values("count", "größe", "nothing")
    refute inner.key?("parent") && dump[inner["parent"]].key?("parent"),
           "a method's own env has a parent"
  end

  def test_duplicate_names_do_not_hide_values
    env = dump[planted(:proc_duplicate_names).fetch("env")]
    assert_equal 2, env.fetch("locals").fetch("second")
    assert_equal 1, env.fetch("locals").fetch("_")
  end

  def test_locals_added_to_a_binding
    binding = planted(:binding)
    kept = planted(:binding_kept)["address"]
    envs = [dump[binding.fetch("env")]]
    envs << dump[envs.last["parent"]] while envs.last["parent"]
    locals = envs.map { |env| env["locals"] || {} }.reduce { |inner, outer| outer.merge(inner) }
    assert_equal kept, locals.fetch("kept")
    assert_equal kept, locals.fetch("added")
  end

  def test_method_objects_lead_to_their_code
    entry = dump[planted(:method_plain).fetch("entry")]
    assert_equal %w[ment plain iseq public],
                 entry.values_at("imemo_type", "method", "definition", "visibility")
    assert_equal planted(:code_subject)["address"], entry.fetch("owner")
    code = dump[entry.fetch("iseq")]
    assert_equal ["plain", "method", SOURCE], code.values_at("label", "iseq_type", "file")
    assert_equal line_of("def plain(argument"), code["line"]
  end

  def test_definitions_of_methods
    {
      "plain" => "iseq", "by_block" => "bmethod", "read" => "attr_reader",
      "written=" => "attr_writer", "both" => "attr_reader", "both=" => "attr_writer",
      "gone" => "undef"
    }.each { |name, kind| assert_equal kind, entry_of(name).fetch("definition"), name }
    assert_equal "zsuper", entry_of("hidden", owner: "Under").fetch("definition")
    assert_equal "@read", entry_of("read").fetch("attribute")
    assert_equal "@written", entry_of("written=").fetch("attribute")
    assert entry_of("by_block").key?("proc")
  end

  def test_visibility_of_methods
    { "plain" => "public", "guarded" => "protected", "hidden" => "private" }
      .each { |name, kind| assert_equal kind, entry_of(name).fetch("visibility"), name }
  end

  def test_c_functions_have_entries
    push = dump[dump.mod("Array").fetch("methods").fetch("push")]
    assert_equal %w[push cfunc], push.values_at("method", "definition")
  end

  def test_code_of_evil_files
    codes = dump.select("IMEMO", imemo_type: "iseq")
    assert_none codes.reject { |code| code.key?("label") && code.key?("file") }, "nameless iseqs"
    names = codes.map { |code| Text.normalize(code["file"]) }.uniq
    assert_includes names, "we\"ird\n\t\\.rb"
    assert_includes names, "bad\\xFF\\xC0\\x80.rb"
    assert_includes names, ""
  end

  private

  def entry_of(name, owner: "Subject")
    dump[dump.mod("NastyHeap::Code::#{owner}").fetch("methods").fetch(name)]
  end

  def line_of(text)
    File.foreach(SOURCE).find_index { |line| line.include?(text) } + 1
  end
end
