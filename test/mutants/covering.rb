# frozen_string_literal: true

module Mutants
  # Which files of tests have to notice a fault in which source: the first pattern that fits counts.
  # Not all that would notice stand here, but those whose matter it is, and quick ones first. Names
  # in one string are run in one process.
  module Covering
    OUTPUT = %w[test_output].freeze
    READ = %w[snapshot/test_words heapgraph/kept/test_hostile_index heapgraph/binding/test_binding
              cli/test_damaged convert/test_convert cli/test_commands snapshot/test_snapshot].freeze
    # Each process that runs some of these compiles all of the reader for the sanitizers.
    COMPILED = "heapgraph/test_foreign_dumps heapgraph/test_bad_dumps heapgraph/graph/test_load"
    INDEXED = "heapgraph/kept/test_analysis"
    STARVED = "heapgraph/test_no_memory"
    LOADED = [*READ, STARVED, COMPILED].freeze
    GRAPH = [*READ, STARVED, "heapgraph/test_algorithms"].freeze
    SUMMED = %w[test_find test_find_where test_histogram test_folded test_reference_groups
                test_merged_paths test_freed].freeze
    LEAKS = %w[test_leaks leaks/test_rules cli/test_commands].freeze
    # They all look at one dump, which takes a while to make.
    PLANTED = "test_objects test_numbers test_strings test_containers test_data test_modules " \
              "test_code test_names test_threads test_roots test_laws"
    WALK = ["test_dump", PLANTED, "test_allocations", "test_objspace_format", "test_fork",
            "test_large"].freeze
    INNER = ["test_layout", PLANTED, "test_allocations", "test_objspace_format"].freeze
    TAKEN = %w[outside/test_footer outside/test_hostile_process test_work_directory test_gdb
               test_take_signal test_take].freeze
    ENDED = %w[test_output test_dump test_errors test_pending test_targets test_self_check
               test_interrupted test_fork test_children test_hostile_directory test_concurrency
               test_faults test_deaths test_hostile].freeze
    COMMANDS = %w[test_cli cli/test_pages cli/test_commands cli/test_damaged cli/test_strange
                  terminal/test_hostile_text].freeze

    SERVED = %w[test_guard test_parameters web/test_dumps test_jobs test_answers test_values
                test_document web/test_loading test_server test_ui].freeze
    PAGES = %w[test_markup test_sections test_secrets test_hostile_names test_report_command
               test_budget].freeze

    WATCHED = %w[watch/test_cgroup watch/test_memory_rule watch/test_rules watch/test_guards
                 watch/test_refusals watch/test_choice watch/test_processes watch/test_keep
                 watch/test_note watch/test_watch_directory watch/test_watch_options
                 watch/test_watch_ends watch/test_loading watch/test_watch watch/test_watch_servers
                 watch/test_watch_ships].freeze
    ASKED = %w[asking/test_fleet asking/test_ask_parts asking/test_ask_faults
               asking/test_ask_directory asking/test_ask_option asking/test_ask_command
               asking/test_ask_socket asking/test_ask_sidekiq asking/test_ask_postgres
               asking/test_ask_postgres_broken asking/test_ask_postgres_lost].freeze
    SHIPPED = %w[ship/test_run ship/test_sinks ship/test_source ship/test_keep ship/test_dump_files
                 ship/test_stop ship/test_https ship/test_s3 ship/test_settings ship/test_rails
                 ship/test_secrets ship/test_deleted ship/test_ship_command].freeze

    STORED = %w[fleet/test_fleet_store fleet/test_fleet_import fleet/test_fleet_questions
                fleet/test_fleet_address fleet/test_fleet_command fleet/test_fleet_order].freeze
    TRENDS = %w[trends/test_trends_statistics trends/test_trends_lives trends/test_trends_series
                trends/test_trends_scenarios].freeze

    TESTING = %w[testing/test_testing_parts testing/test_minitest testing/test_rspec
                 testing/test_loop testing/test_growth_scenarios].freeze

    TABLE = {
      "ext/heapgraph/*/growth_follow.c" => ["heapgraph/test_algorithms", *LEAKS],
      "ext/heapgraph/*/{leaks,growth}*.c" =>
        [*LEAKS, STARVED, "heapgraph/growth/test_growth", *READ, "test_leaks_scenarios"],
      "ext/heapgraph/*/{heapgraph,binding}.c" => [*READ, *LEAKS, "terminal/test_screen"],
      "ext/heapgraph/*/{conditions,edge_groups,cut,merged_paths,find,groups,folded}.c" =>
        ["heapgraph/test_algorithms", *SUMMED, STARVED, *LEAKS],
      "ext/heapgraph/*/{by_kind,kinds}.c" =>
        ["heapgraph/test_algorithms", *SUMMED, STARVED, *LEAKS],
      "ext/heapgraph/binding/{search,sums,histogram,answers}.c" => [*SUMMED, *READ, *LEAKS],
      "ext/heapgraph/*/{paths,detours,former,steps,inverse}.c" => GRAPH,
      "ext/heapgraph/*/{dominators,semi_nca,numbering,retained}.c" => GRAPH,
      "ext/heapgraph/*/{best,analysis,parts,shapes,list}.c" =>
        [*GRAPH, *LEAKS],
      "ext/heapgraph/*/{array,chunk,pages,slots,task,texts,words}.c" =>
        [*LOADED, "heapgraph/test_algorithms"],
      "ext/heapgraph/*/index*.c" => [*LOADED, INDEXED],
      "ext/heapgraph/*/kin.c" => ["heapgraph/binding/test_kin", *GRAPH],
      "ext/heapgraph/*.c" => LOADED,
      "ext/heapdump/out/shared.c" => [*OUTPUT, "test_parts", "test_dump", "test_deaths"],
      "ext/heapdump/out/*.c" =>
        [*OUTPUT, "test_dump", "test_compression", "test_strings", "test_errors", "test_laws"],
      "ext/heapdump/base/{table,list}.c" => ["test_parts", PLANTED, "test_counts"],
      "ext/heapdump/process/report.c" => %w[test_parts test_report test_gdb],
      "ext/heapdump/load.c" => %w[test_loading outside/test_load],
      "ext/heapdump/own_strings.c" => %w[outside/test_contents],
      "ext/heapdump/disk.c" => %w[heapdump/test_disk],
      "ext/heapdump/lines/refs.c" => ["test_parts", PLANTED, "test_laws"],
      "ext/heapdump/{account/*,process/accountant,base/maps}.c" =>
        ["test_parts", "heapdump/account/test_account", "test_dump", "test_hostile_process",
         "test_usage"],
      "ext/heapdump/base/{elf,libraries}.c" => ["test_libraries", "heapdump/account/test_account"],
      "ext/heapdump/mri/{holders,vm,places,operands,check_holders,check_vm}.c" =>
        ["test_holders", "test_operands", "test_names_take", *INNER],
      "ext/heapdump/lines/type_code.c" => ["test_operands", PLANTED],
      "ext/heapdump/guard/guard.c" => %w[test_loading test_hostile test_faults],
      "ext/heapdump/request/processors.c" => %w[test_processors],
      "ext/heapdump/process/child.c" => %w[test_refused_calls test_children test_faults],
      "ext/heapdump/allocations/{dice,sampler}.c" => %w[sampling/test_sampling],
      "ext/heapdump/{allocations/*,mri/dying}.c" =>
        %w[test_counting_allocations block_report/test_block_report block_report/test_oracle],
      "ext/heapdump/count.c" => %w[test_counts test_gdb],
      "ext/heapdump/{gdb,marker*}.c" => TAKEN,
      "ext/heapdump/{request/*,heapdump,base/notice,base/reason}.c" =>
        [*ENDED, "test_options", "test_auto", "test_redaction", "test_compression"],
      "ext/heapdump/{process/*,run/*,guard/*,base/check,lines/unreadable}.c" =>
        [*ENDED, "test_compression", "test_roots"],
      "ext/heapdump/mri/{cali,cap,check,known,read}*.c" =>
        ["test_layout", "test_moved_layout", PLANTED, "test_unknown_ruby", "test_capabilities"],
      "ext/heapdump/mri/*.c" => INNER,
      "ext/heapdump/lines/objspace_format.c" => %w[test_objspace_format convert/test_convert],
      "ext/heapdump/*.c" => WALK,
      "lib/heapdump/{run,ractors,pending,result,errors,copier,extension,target}.rb" =>
        [*ENDED, "test_options"],
      "lib/heapdump/compression.rb" => %w[test_missing_codecs],
      "lib/heapdump/counting.rb" => %w[test_counts],
      "lib/heapdump/report.rb" => [*ENDED, "test_report", "test_take"],
      "lib/heapdump/{trigger,auto}.rb" => %w[test_auto test_trigger test_trigger_foreign],
      "lib/heapdump/integrations/*.rb" => %w[test_auto test_trigger test_servers],
      "lib/puma/plugin/heapdump.rb" => %w[test_servers test_servers_signals],
      "lib/heapdump/{work,rack,sidekiq,active_job}.rb" => %w[watch/test_work watch/test_sidekiq],
      "lib/heapdump/{watch{,/*},bell,dump_files,whole_file}.rb" =>
        [*WATCHED, "watch/test_outlook", "watch/test_rest", "watch/test_whole_file"],
      "lib/heapdump/{fleet{,/*},cli/fleet*,click_house_server}.rb" =>
        [*STORED, "convert/test_click_house"],
      "lib/heapdump/{trends{,/*},cli/trends*,core_classes}.rb" => TRENDS,
      "lib/heapdump/sampling{,/*}.rb" => %w[sampling/test_sampling],
      "lib/heapdump/pprof{,/*}.rb" => %w[sampling/test_sampling block_report/test_outputs],
      "lib/heapdump/block_report{,/*}.rb" =>
        %w[block_report/test_block_report block_report/test_outputs block_report/test_oracle],
      "lib/heapdump/{measure{,/*},cli/measure*}.rb" =>
        %w[measure/test_requires measure/test_requests measure/test_rails],
      "lib/heapdump/{testing{,/*},minitest,rspec{,/*},rake,pipe_reader}.rb" => TESTING,
      "lib/heapdump/extract{,/*}.rb" => ["extract/test_extract", *TRENDS],
      "lib/heapdump/{asking{,/*},cli/ask*,watch/rules/{fleet,ask_signal}}.rb" => ASKED,
      "lib/heapdump/ship{,/*}.rb" => SHIPPED,
      "lib/heapdump/endpoint{,/*}.rb" => %w[endpoint/test_endpoint endpoint/test_endpoint_servers],
      "lib/heapdump/{outside/{machine,container{,/*}},cli/{way,container}_lines}.rb" =>
        ["outside/test_container", *TAKEN],
      "lib/heapdump/outside/{agent_call,agent_memory,attach_plan,gdb_commands}.rb" =>
        ["outside/test_agent_memory outside/test_attach_plan", *TAKEN],
      "lib/heapdump/outside/prebuilt.rb" => ["outside/test_prebuilt", *TAKEN],
      "lib/heapdump/outside/*.rb" => [*TAKEN, "test_cli"],
      "lib/heapdump/cli/{take,doctor,outside_command}.rb" => [*TAKEN, *COMMANDS],
      "lib/heapdump/html{,/*}.rb" => PAGES,
      "lib/heapdump/{web{,/*},cli/ui}.rb" => SERVED,
      "lib/heapdump/cli/{report,html_file}.rb" => ["test_report_command", *COMMANDS],
      "lib/heapdump/leaks/suspect_edge.rb" => %w[test_suspect_edge test_sections],
      "lib/heapdump/snapshot/{redacted,homes}.rb" => %w[test_redacted test_secrets],
      "lib/heapdump/cli/{by_process,ended_threads}.rb" =>
        ["cli/test_by_process", "cli/test_ended_threads", *COMMANDS],
      "lib/heapdump/cli/{memory_section,process_rows}.rb" => ["snapshot/test_account", *COMMANDS],
      "lib/heapdump/cli/versions.rb" => ["leaks/test_remarks", *COMMANDS],
      "lib/heapdump/cli{,/*}.rb" => [*COMMANDS, "test_leaks"],
      "lib/heapdump/leaks/{accounts,part,kinds,sizes,growth}*.rb" =>
        ["leaks/test_accounts", "leaks/test_kinds", "leaks/test_outside_growth", *LEAKS,
         "test_leaks_scenarios"],
      "lib/heapdump/snapshot/account*.rb" =>
        ["snapshot/test_account", *READ, "leaks/test_accounts"],
      "lib/heapdump/leaks/remarks.rb" => ["leaks/test_remarks", *LEAKS],
      "lib/heapdump/leaks{,/*}.rb" => [*LEAKS, "test_leaks_scenarios"],
      "lib/heapdump/convert{,/*}.rb" => ["convert/test_convert", *COMMANDS],
      "lib/heapdump/terminal{,/*}.rb" =>
        %w[terminal/test_units terminal/test_text terminal/test_screen terminal/test_hostile_text
           cli/test_commands],
      "lib/heapdump/snapshot/{where,search,sums,group,histo,cell,freed,merged,reference}*.rb" =>
        ["test_where", *SUMMED, *READ],
      "lib/heapdump/snapshot/{definitions,code_by_gem,places}.rb" =>
        ["snapshot/test_code_by_gem", "snapshot/test_origins", *READ],
      "lib/heapdump/snapshot/shared.rb" => ["leaks/test_remarks", *READ, *LEAKS],
      "lib/heapdump/snapshot{,/*}.rb" => ["snapshot/test_origins", *READ, *LEAKS],
      "lib/heapdump.rb" => [*ENDED, "test_options", "test_auto"]
    }.freeze

    # Those that take more than ten seconds of a processor that has nothing else to do.
    SLOW = [COMPILED, INDEXED, "heapgraph/test_algorithms", "test_capabilities",
            "test_unknown_ruby", "test_fork", "test_children", "test_concurrency", "test_faults",
            "test_deaths", "test_leaks_scenarios",
            "test_hostile", "test_hostile_directory", "test_redaction", "test_take", "test_gdb",
            "test_take_signal", "test_servers", "test_servers_signals", "test_trigger"].freeze

    def self.quick(file)
      of(file) - slow(file)
    end

    def self.slow(file)
      of(file) & SLOW.map { |names| paths(names) }
    end

    def self.paths(names)
      names.split.map { |name| file_of(name) }.join(" ")
    end

    # By its name alone where it is the only one of that name.
    def self.file_of(name)
      @files ||= Dir["test/**/test_*.rb"].to_h { |file| [File.basename(file, ".rb"), file] }
      name.include?("/") ? "test/#{name}.rb" : @files.fetch(name)
    end

    def self.of(file)
      _, tests = TABLE.find { |pattern, _| File.fnmatch?(pattern, file, File::FNM_EXTGLOB) }
      tests&.uniq&.map { |names| paths(names) }
    end
  end
end
