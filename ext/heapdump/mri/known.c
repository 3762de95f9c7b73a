/*
 * Makes the objects whose content is known, with which calibrate.c checks the layouts.
 */
#include "mri/calibrate.h"

/*
 * Returns the objects in the order of `members` in hd_known_make. Only objects of new classes get
 * instance variables: a class never forgets a name that an object of it has had, and Object would
 * make room for it in objects of the application.
 */
static const char source[] =
    "proc {"
    "  value = Object.new;"
    "  probe = Module.new { const_set(:KNOWN, value) };"
    "  def probe.heapdump_probe(argument, &block) = lambda { argument };"
    "  outer = proc { |known| lambda { known } };"
    "  weak_map = ObjectSpace::WeakMap.new; weak_map[value] = probe;"
    "  weak_keys = nil;"
    "  if defined?(ObjectSpace::WeakKeyMap);"
    "    weak_keys = ObjectSpace::WeakKeyMap.new; weak_keys[value] = probe;"
    "  end;"
    "  set = nil;"
    "  set = Set.new([1, 2, 3, value, 5]).subtract([1, 3]) if RUBY_VERSION >= '4';"
    "  waiting = begin"
    "    Fiber.new { |kept| 1.times { |number; held| held = kept; Fiber.yield }; nil }"
    "  ; rescue FiberError; nil;"
    "  end;"
    "  begin; waiting.resume(value); rescue StandardError; waiting = nil; end if waiting;"
    "  long = Array.new(1000, value); long_string = 'known ' * 1000;"
    "  small = Class.new.new; small.instance_variable_set(:@known, value);"
    "  large = Class.new.new; 100.times { |i| large.instance_variable_set(\"@known#{i}\", value) };"
    "  singletons = [value.singleton_class, probe.singleton_class, String.singleton_class,"
    "                Class.new.singleton_class, value.singleton_class.singleton_class];"
    "  code = proc { literal = 3r; probe.itself;\n"
    "probe.heapdump_call;\n"
    "literal };"
    "  def probe.heapdump_call = nil;"
    "  2.times { code.call }; literal = code.call;"
    "  probe.singleton_class.attr_reader :heapdump_attribute;"
    "  attribute = probe.method(:heapdump_attribute);"
    "  fiber = begin; Fiber.new(storage: {heapdump_probe: value}, &outer);"
    "  rescue ArgumentError; Fiber.new(&outer); end;"
    "  error = (Class.new(NameError).new('known', :known, receiver: value) rescue nil);"
    "  finalizer = proc {}; finalized = Object.new;"
    "  ObjectSpace.define_finalizer(finalized, finalizer);"
    "  [value, outer, outer.call(value), probe.method(:heapdump_probe), probe.singleton_class,"
    "   binding, fiber, Thread.current, [value].each_slice(2), weak_map, weak_keys,"
    "   set, Hash.new(value).merge!(known: probe), probe, {value => 1}.compare_by_identity,"
    "   Hash.new(&finalizer), (probe.const_source_location(:KNOWN) rescue nil),"
    "   probe.heapdump_probe(value, &outer), waiting, [value], Array.new(1000, value),"
    "   long[10, 800], long_string[100..], 'other ' * 1000, small, large,"
    "   [Object, String, Class, Class.new, Class.new(StandardError), Struct.new(:known)],"
    "   singletons, finalized, finalizer, self, value.method(:itself),"
    "   code, literal, attribute, Thread.current.group, $LOAD_PATH, $LOADED_FEATURES,"
    "   RuntimeError.new('known'), (Ractor.current if defined?(Ractor)), ThreadGroup::Default,"
    "   String.new('known'), error, ['known'].pack('p')]"
    "}.call";

char hd_known_trace_data;

void
hd_known_trace(VALUE tracepoint, void *data) {
    (void)tracepoint; // it is enabled only for a moment, while its fields are checked
    (void)data;
}

bool
hd_same_text(VALUE a, VALUE b) {
    return a == b ||
           (RB_TYPE_P(a, T_STRING) && RB_TYPE_P(b, T_STRING) && rb_str_equal(a, b) == Qtrue);
}

static void
learn_types(const struct known *known) {
    hd_data_learn(HD_DATA_PROC, known->outer);
    hd_data_learn(HD_DATA_BINDING, known->binding);
    hd_data_learn(HD_DATA_METHOD, known->method);
    hd_data_learn(HD_DATA_THREAD, known->thread);
    hd_data_learn(HD_DATA_FIBER, known->fiber);
    hd_data_learn(HD_DATA_ENUMERATOR, known->enumerator);
    hd_data_learn(HD_DATA_WEAK_MAP, known->weak_map);
    hd_data_learn(HD_DATA_WEAK_KEY_MAP, known->weak_key_map);
    hd_data_learn(HD_DATA_SET, known->set);
    hd_data_learn(HD_DATA_TRACEPOINT, known->tracepoint);
    hd_data_learn(HD_DATA_RACTOR, known->ractor);
}

bool
hd_known_make(struct known *known) {
    int state = 0;
    VALUE list = rb_eval_string_protect(source, &state);
    if (state) {
        rb_set_errinfo(Qnil);
        return false;
    }
    VALUE *const members[] = {
        &known->value,         &known->outer,           &known->inner,         &known->method,
        &known->owner,         &known->binding,         &known->fiber,         &known->thread,
        &known->enumerator,    &known->weak_map,        &known->weak_key_map,  &known->set,
        &known->hash,          &known->module,          &known->identity_hash, &known->proc_hash,
        &known->place,         &known->closure,         &known->waiting,       &known->short_array,
        &known->long_array,    &known->shared_array,    &known->shared_string, &known->long_string,
        &known->small_object,  &known->large_object,    &known->classes,       &known->singletons,
        &known->finalized,     &known->finalizer,       &known->self,          &known->c_method,
        &known->code,          &known->literal,         &known->attribute,     &known->group,
        &known->load_path,     &known->loaded_features, &known->exception,     &known->ractor,
        &known->default_group, &known->short_string,    &known->error,         &known->packed};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        *members[i] = rb_ary_entry(list, (long)i);
    }
    known->tracepoint = rb_tracepoint_new(0, RUBY_INTERNAL_EVENT_NEWOBJ, hd_known_trace,
                                          &hd_known_trace_data);
    learn_types(known);
    hd_unnamed_learn(known->error, known->packed, known->value);
    return true;
}

static VALUE
finish_fiber(VALUE fiber) {
    return rb_fiber_resume(fiber, 0, NULL);
}

void
hd_known_free(struct known *known) {
    int state = 0;
    rb_undefine_finalizer(known->finalized);
    if (!NIL_P(known->waiting)) rb_protect(finish_fiber, known->waiting, &state);
    if (state) rb_set_errinfo(Qnil);
}
