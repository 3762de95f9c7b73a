# frozen_string_literal: true

require "test_helper"
require "support/made_dump"
require "support/web_client"

# Paths and parameters: what is not known or cannot be meant is refused, in a sentence.
class TestParameters < HeapDumpTest
  def client
    @client ||= WebClient.new([MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      made.constant("LIST", made.array([made.object("Session")]))
    end])
  end

  def id
    @id ||= client.ids.first.tap { |id| client.ask!("summary", dump: id) }
  end

  PATHS = [
    "/api/v1/", "/api/v1", "/api", "//", "/index.html", "/web.rb", "/viewer.js/", "/VIEWER.JS",
    "/api/v1/dumps/", "/api/v1//dumps", "//api/v1/dumps", "/api/v2/dumps", "/api/v1/Dumps",
    "/../web.rb", "/api/v1/../v1/dumps", "/%2e%2e/web.rb", "/%2e%2e%2f%2e%2e%2fetc/passwd",
    "/..%5c..%5cetc", "/viewer.js%00", "/%00", "/api/v1/dumps%00.json", "/etc/passwd",
    "/questions.rb", "/./viewer.js", "/viewer.js;x", "/app%2ejs", "/\xFF"
  ].freeze

  def test_paths_come_from_a_table
    PATHS.each do |path|
      answer = client.get("/", lint: false, PATH_INFO: path)
      assert_equal [404, "no_such_path"], [answer.status, answer.code], path.inspect
    end
    answer = client.get("/", lint: false, PATH_INFO: "/viewer.js\0")
    assert_equal [404, "no_such_path"], [answer.status, answer.code]
  end

  # Links of the page are relative, so it needs the "/".
  def test_the_path_at_which_it_is_mounted
    { "/admin/heapdump" => "./heapdump/", "/a:b" => "./a:b/", "" => "./" }.each do |script, place|
      answer = client.get("/", lint: false, PATH_INFO: "", SCRIPT_NAME: script)
      assert_equal [308, place], [answer.status, answer.headers["location"]]
    end
    answer = client.get("/", SCRIPT_NAME: "/admin/heapdump")
    assert_equal 200, answer.status
  end

  # A question about the dump, and what is wrong with it.
  WRONG = {
    "summary?dump=%<id>s&x=1" => ["unknown_parameter", /there are: dump, values/],
    "summary?dump=%<id>s&=1" => ["unknown_parameter", /there are: dump, values/],
    "summary?dump=%<id>s&Dump=%<id>s" => ["unknown_parameter", /there are/],
    "summary?dump=%<id>s&dump=%<id>s" => ["given_twice", /dump is given more than once/],
    "summary?dump[]=%<id>s" => ["unknown_parameter", /there are/],
    "summary" => ["lacks_parameter", /dump is needed: the id of a dump/],
    "summary?dump=" => ["bad_value", /dump is the id/],
    "summary?dump=../../etc/passwd" => ["bad_value", /dump is the id/],
    "summary?dump=%%00" => ["bad_value", /dump is the id/],
    "summary?dump=%<id>s%%0A" => ["bad_value", /dump is the id/],
    "summary?dump=%<id>s&values=yes" => ["bad_value", /values is 1 or 0/],
    "top?dump=%<id>s&limit=201" => ["bad_value", /limit is a number from 0 to 200/],
    "top?dump=%<id>s&limit=-1" => ["bad_value", /limit is a number/],
    "top?dump=%<id>s&limit=1e3" => ["bad_value", /limit is a number/],
    "top?dump=%<id>s&limit=%%D9%%A3" => ["bad_value", /limit is a number/],
    "top?dump=%<id>s&offset=99999999999999999" => ["bad_value", /offset is a number from 0 on/],
    "top?dump=%<id>s&limit" => ["bad_value", /limit is a number/],
    "folded?dump=%<id>s&cells=4001" => ["bad_value", /cells is a number from 2 to 4000/],
    "histogram?dump=%<id>s&by=colour" => ["bad_value", /by is one of class, type, location/],
    "histogram?dump=%<id>s&filter=a%%00b" => ["bad_value", /filter is a text of 1 to 1000/],
    "histogram?dump=%<id>s&below=0x1&baseline=%<id>s" => ["bad_value", /exclude each other/],
    "histogram?dump=%<id>s&bytes=%%3Ebig" => ["bad_value", /bytes is .* >1000, <1MB, 1..5/],
    "histogram?dump=%<id>s&bytes=5..1" => ["bad_value", /bytes is a number or numbers/],
    "histogram?dump=%<id>s&bytes_change=1" => ["bad_value", /bytes_change needs a baseline/],
    "histogram?dump=%<id>s&by=gem&retained=1" => ["bad_value", /what gems retain is not known/],
    "histogram?dump=%<id>s&below=1" => ["bad_value", /below is an address as 0x/],
    "find?dump=%<id>s&class=#{"x" * 1001}" => ["bad_value", /class is a text of 1 to 1000/],
    "find?dump=%<id>s&type=ROOT" => ["bad_value", /type is one of OBJECT, CLASS/],
    "find?dump=%<id>s&pattern=%%28" => ["bad_value", /pattern is a regular expression/],
    "find?dump=%<id>s&pattern=(?<=(?i)ss)x" => ["bad_value", /pattern is a regular expression/],
    "find?dump=%<id>s&pattern=a&value=a" => ["bad_value", /exclude each other/],
    "find?dump=%<id>s&where=size+%%3E+big" => ["bad_value", /a number .* at character 8/],
    "find?dump=%<id>s&where=system('true')" => ["bad_value", /at character 1/],
    "object?dump=%<id>s&object=0x12345678901234567" => ["bad_value", /object is an address/],
    "leaks?dumps=%<id>s" => ["bad_value", /dumps is the ids of dumps, 2 to 16/],
    "leaks?dumps=%<id>s,%<id>s" => ["bad_value", /dumps is the ids of dumps, 2 to 16/],
    "summary?dump=%<id>s,,%<id>s" => ["bad_value", /dump is the id of a dump/],
    "job?id=../x" => ["bad_value", /id is the id of a job/],
    "summary?dump=%<id>s&%%" => ["bad_query", /no list of name=value/],
    "summary?&dump=%<id>s" => ["unknown_parameter", /there are/],
    "summary?dump=%<id>s&values=%%FF" => ["bad_query", /not UTF-8/]
  }.freeze

  def named(question)
    question.gsub("%<id>s", id).gsub("%%", "%")
  end

  def test_what_cannot_be_meant
    WRONG.each do |question, (code, words)|
      answer = client.get("/api/v1/#{named(question)}", lint: false)
      assert_equal [400, code], [answer.status, answer.code], question
      assert_match words, answer.message
    end
  end

  def test_a_query_that_is_none
    { "dump=\u00e9" => "bad_value", "dump=\xFF" => "bad_query", "\0=1" => "unknown_parameter",
      "=" => "unknown_parameter" }.each do |query, code|
      answer = client.get("/api/v1/summary", lint: false, QUERY_STRING: query)
      assert_equal [400, code], [answer.status, answer.code], query.inspect
    end
  end

  def test_what_is_not_there
    { "summary?dump=0123456789abcdef" => "no_such_dump",
      "object?dump=%<id>s&object=0x7" => "no_such_object",
      "folded?dump=%<id>s&below=0x7" => "no_such_object",
      "find?dump=%<id>s&class=Nothing" => "not_found",
      "find?dump=%<id>s&where=is_a+%%3D+Nothing" => "not_found",
      "job?id=#{"0" * 32}" => "no_such_job" }.each do |question, code|
      answer = client.get("/api/v1/#{named(question)}")
      assert_equal [404, code], [answer.status, answer.code], question
    end
    answer = client.ask("retained", dump: id, class: "Nothing")
    assert_equal [404, "not_found"], [answer.status, answer.code]
  end

  def test_a_long_query
    query = "dump=#{id}&x=#{"y" * 4096}"
    answer = client.get("/api/v1/summary?#{query}")
    assert_equal [414, "query_too_long"], [answer.status, answer.code]
    answer = client.get("/api/v1/summary?#{"a&" * 2047}")
    assert_equal [400, "unknown_parameter"], [answer.status, answer.code]
  end

  # A name of a parameter is not repeated: it may be anything.
  def test_nothing_that_was_sent_is_sent_back
    mark = "<script>mark</script>"
    ["/#{mark}", "/api/v1/#{mark}", "/api/v1/summary?#{mark}=1", "/api/v1/summary?dump=#{mark}",
     "/api/v1/top?dump=#{id}&limit=#{mark}"].each do |path|
      at, query = path.split("?")
      answer = client.get("/", lint: false, PATH_INFO: at, QUERY_STRING: query.to_s)
      assert_includes [400, 404], answer.status
      refute_includes answer.body, "mark"
    end
  end

  # A fault of ours is told to whoever runs the server, not to who asks.
  def test_no_answer_has_a_backtrace
    client.web.dumps.stub(:all, -> { raise "a fault" }) do
      answer = client.get("/api/v1/dumps")
      assert_equal [500, "failed"], [answer.status, answer.code]
      assert_equal({ "code" => "failed", "message" => "this question could not be answered" },
                   answer.json["error"])
    end
    assert_match(/a fault.*web\.rb:\d+/m, client.errors.string)
  end
end
