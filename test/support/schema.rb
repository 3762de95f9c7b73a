# frozen_string_literal: true

# docs/format.md as data: which fields a line may have and of what kind each one is. Written from
# the document, not from the code, so that the two check each other.
#
# Kinds: address ref value text integer number true boolean; refs values texts are lists of them;
# lines a list of integers and refs; map ref_map text_map are maps from names; pairs a list of [key
# value], text_pairs of [text ref]; frames as for threads; weak is never held.
module Schema
  COMMON = {
    "address" => :address, "type" => :text, "class" => :ref, "class_name" => :text,
    "references" => :refs, "weak" => :weak, "memsize" => :integer, "slot_size" => :integer,
    "frozen" => :true, "shareable" => :true, "old" => :true, "pinned" => :true,
    "remembered" => :true, "unprotected" => :true, "finalizer" => :true, "ivars" => :map,
    "fields" => :ref,
    "generation" => :integer, "file" => :text, "line" => :integer, "method" => :text,
    "error" => :text
  }.freeze

  CONTENT = {
    "bytesize" => :integer, "encoding" => :text, "value" => :text, "value_base64" => :text,
    "value_hash" => :text, "truncated" => :true
  }.freeze

  # What the VM hangs on classes, modules and ICLASSes.
  CACHES = {
    "call_caches" => :refs, "call_infos" => :refs, "cached_methods" => :refs,
    "method_cache" => :ref, "class_variable_cache" => :ref,
    "class_variable_caches" => :refs
  }.freeze

  MODULE = {
    "name" => :text, "superclass" => :ref, "singleton" => :true, "attached" => :ref,
    "methods" => :ref_map, "constants" => :map, "autoload" => :texts,
    "constant_locations" => :text_map, "class_variables" => :map,
    "classpath" => :ref, "constant_files" => :refs, **CACHES
  }.freeze

  # Instance variables that have no name for MRI.
  UNNAMED = { "receiver" => :value, "iseq" => :ref, "associated" => :ref }.freeze

  TYPES = {
    "OBJECT" => { "embedded" => :true, **UNNAMED },
    "STRING" => { **CONTENT, "embedded" => :true, "shared" => :true, "fstring" => :true,
                             "shared_root" => :ref, **UNNAMED },
    "SYMBOL" => { **CONTENT, "string" => :ref },
    "ARRAY" => { "length" => :integer, "elements" => :values, "embedded" => :true,
                 "shared" => :true, "shared_root" => :ref, "offset" => :integer },
    "HASH" => { "size" => :integer, "entries" => :pairs, "default" => :value,
                "default_proc" => :ref, "compare_by_identity" => :true },
    "STRUCT" => { "members" => :map },
    "CLASS" => MODULE,
    "MODULE" => MODULE,
    "ICLASS" => { "module" => :ref, "includer" => :ref, "superclass" => :ref,
                  "methods" => :ref_map, **CACHES },
    "FLOAT" => { "value" => :number_or_text },
    "BIGNUM" => { "value" => :text, "bits" => :integer },
    "RATIONAL" => { "numerator" => :value, "denominator" => :value },
    "COMPLEX" => { "real" => :value, "imaginary" => :value },
    "REGEXP" => { **CONTENT, "options" => :integer, "source" => :ref },
    "MATCH" => { "string" => :ref, "regexp" => :ref },
    "FILE" => { "fd" => :integer, "path" => :text },
    "DATA" => { "struct" => :text },
    "IMEMO" => { "imemo_type" => :text },
    "NODE" => {}
  }.freeze

  STRUCTS = {
    "proc" => { "lambda" => :true, "from_method" => :true, "file" => :text, "line" => :integer,
                "label" => :text, "iseq" => :ref, "env" => :ref, "self" => :value,
                "ifunc" => :ref, "symbol" => :value, "proc" => :ref },
    "binding" => { "file" => :text, "line" => :integer, "label" => :text, "iseq" => :ref,
                   "env" => :ref, "self" => :value },
    "method" => { "method" => :text, "receiver" => :value, "owner" => :ref, "entry" => :ref },
    "VM/thread" => { "thread_name" => :text, "main" => :true, "status" => :text,
                     "frames" => :frames, "fiber_locals" => :map, "fiber" => :ref,
                     "fiber_storage" => :ref, "exception" => :ref, "block" => :ref,
                     "args" => :ref, "thread_value" => :ref, "group" => :ref, "ractor" => :ref,
                     "name_string" => :ref, "pending_interrupts" => :ref,
                     "interrupt_masks" => :ref },
    "fiber" => { "status" => :text, "frames" => :frames, "fiber_locals" => :map,
                 "fiber_storage" => :ref, "exception" => :ref, "block" => :ref },
    "ractor" => { "ractor_locals" => :map, "threads" => :refs, "trace_points" => :refs,
                  "group" => :ref, "name_string" => :ref, "location" => :ref,
                  "pinned_list" => :ref },
    "tracepoint" => { "proc" => :ref },
    "symbol_id_entry_list" => { "symbols" => :refs },
    "symbol_id_entry_directory" => { "lists" => :refs },
    "VM/cc_table" => { "call_caches" => :refs, "cached_methods" => :refs },
    "VM/pin_array_list" => { "pinned" => :refs, "next" => :ref },
    "enumerator" => { "receiver" => :value, "method" => :text, "args" => :ref },
    "set" => { "elements" => :values },
    "weakmap" => {},
    "weakkeymap" => { "values" => :values }
  }.freeze

  IMEMOS = {
    "env" => { "locals" => :map, "parent" => :ref, "iseq" => :ref,
               "method_entry" => :ref, "cref" => :ref, "block" => :value, "env" => :ref },
    "iseq" => { "label" => :text, "iseq_type" => :text, "file" => :text, "line" => :integer,
                "parent" => :ref, "local_iseq" => :ref, "children" => :refs, "texts" => :refs,
                "literals" => :refs, "call_caches" => :lines, "call_infos" => :refs,
                "constant_caches" => :refs, "cached_methods" => :refs,
                "cached_classes" => :refs },
    "ment" => { "method" => :text, "original_method" => :text, "definition" => :text,
                "visibility" => :text, "owner" => :ref, "defined_class" => :ref,
                "original_module" => :ref,
                "iseq" => :ref, "cref" => :ref, "proc" => :ref, "alias_of" => :ref,
                "attribute" => :text, "location" => :ref },
    "cref" => { "klass" => :ref, "next" => :ref, "refinements" => :ref },
    "callinfo" => { "method" => :text },
    "callcache" => { "method" => :text, "receiver_class" => :ref, "entry" => :ref },
    "constcache" => { "value" => :value },
    "svar" => { "lastline" => :ref, "backref" => :ref, "others" => :ref },
    "ifunc" => { "data" => :ref },
    "memo" => { "v1" => :ref, "v2" => :ref },
    "cdhash" => { "keys" => :refs },
    "fields" => { "owner" => :ref, "class_variables" => :map, **UNNAMED }
  }.freeze

  FRAME = { "label" => :text, "file" => :text, "line" => :integer, "self" => :value,
            "locals" => :map, "env" => :ref, "iseq" => :ref, "method" => :text_or_null,
            "entry" => :ref, "svar" => :ref }.freeze

  HEADER = {
    "type" => :text, "format" => :integer, "heapdump" => :text, "ruby" => :text,
    "ruby_description" => :text, "platform" => :text, "pid" => :integer,
    "start" => :integer, "program" => :text, "host" => :text, "time" => :text,
    "gc_ran" => :boolean, "strings" => :integer_or_text,
    "gc" => :integer_map, "memory" => :memory, "allocation_tracing" => :true,
    "allocation_sampling" => :integer,
    "capabilities" => :texts, "ractors" => :integer, "slot_size" => :integer
  }.freeze

  ROOT = { "type" => :text, "root" => :text, "references" => :refs, "variables" => :map,
           "trap_handlers" => :ref_map, "pinned" => :refs, "pinned_lists" => :refs,
           "addresses" => :text_pairs, "ractors" => :refs, "call_caches" => :refs,
           "method_entries" => :refs, "modules" => :refs, "self" => :ref, "top_self" => :ref,
           "program_name" => :ref, "first_program_name" => :ref, "load_path" => :ref,
           "load_path_snapshot" => :ref, "load_path_check_cache" => :ref,
           "expanded_load_path" => :ref, "loaded_features" => :ref,
           "loaded_features_snapshot" => :ref, "loaded_features_realpaths" => :ref,
           "loaded_features_realpath_map" => :ref }.freeze

  FOOTER = {
    "type" => :text, "objects" => :integer, "roots" => :integer, "lines" => :integer,
    "bytes" => :integer, "seconds" => :number,
    "allocated_objects" => :integer, "gc_runs" => :integer,
    "heaps" => :heaps, "errors" => :integer, "complete" => :true
  }.freeze

  CAPABILITIES = %w[
    hash_entries constants iseq env proc method_entry frames fiber fiber_locals imemo weak set
    gc_flags remembered allocations finalizers storage singletons stacks operands thread_fields
    fiber_fields fiber_storage errinfo ractor_fields vm_fields trap_handlers pinned addresses
  ].freeze

  # Those of this Ruby. Before 4.0 sets are objects of Ruby's own, and nobody tells what is
  # remembered; storage of fibers came with 3.2; since 4.0 each box has its own $LOAD_PATH.
  def self.capabilities_here
    lacking = []
    lacking += %w[set remembered] if RUBY_VERSION < "4.0"
    lacking << "fiber_storage" if RUBY_VERSION < "3.2"
    lacking << "vm_fields" if RUBY_VERSION >= "4.0"
    CAPABILITIES - lacking
  end

  # The fields that this very line may have.
  def self.fields(line)
    case line["type"]
    when "HEADER" then HEADER
    when "FOOTER" then FOOTER
    when "ROOT" then ROOT
    else object_fields(line)
    end
  end

  def self.object_fields(line)
    @object_fields ||= {}
    key = [line["type"], line["struct"], line["imemo_type"]]
    @object_fields[key] ||= [
      COMMON, TYPES.fetch(line["type"], {}), STRUCTS.fetch(line["struct"], {}),
      IMEMOS.fetch(line["imemo_type"], {})
    ].reduce(:merge)
  end
end
