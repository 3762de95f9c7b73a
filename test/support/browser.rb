# frozen_string_literal: true

# For tests that need a browser: where there is none, they say so.
module NeedsBrowser
  def setup
    super
    skip "SKIPPED: #{Browser.missing}" if Browser.missing
  end
end

# Debian's Chromium without a network but this machine's own, for the pages that we write. It keeps
# what it complains of.
class Browser
  NAMES = %w[chromium chromium-browser google-chrome].freeze
  # As root it cannot make its sandbox; hosts but this one lead nowhere.
  OPTIONS = { "no-sandbox" => nil, "disable-dev-shm-usage" => nil, "disable-gpu" => nil,
              "host-resolver-rules" => "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" }.freeze

  # Why there is none, nil if there is one.
  def self.missing
    return "no Chromium here (Debian: apt-get install chromium)" unless program

    require "ferrum"
    nil
  rescue LoadError
    "the gem ferrum is not here"
  end

  def self.program
    ENV.fetch("PATH").split(":").product(NAMES).map { |parts| File.join(*parts) }
       .find { |path| File.executable?(path) }
  end

  # Yields a Browser with a window of that size.
  def self.open(width: 1280, height: 900, **options)
    browser = new(width, height, **options)
    yield browser
  ensure
    browser&.quit
  end

  # What the browser has said against a page (Array of String): errors of the script and the
  # console, and what the Content-Security-Policy has forbidden.
  attr_reader :complaints

  def initialize(width, height, dark: false, script: true)
    @width = width
    @height = height
    @browser = Ferrum::Browser.new(browser_path: Browser.program, browser_options: OPTIONS,
                                   window_size: [width, height], timeout: 30, process_timeout: 30)
    @page = @browser.create_page
    @complaints = []
    listen
    emulate(width, height, dark, script)
  end

  SETTLE = 0.1 # seconds after which a browser has said what it has to say
  private_constant :SETTLE

  # Opens a file, and forgets what was complained of before.
  def visit(path)
    complaints.clear
    @page.network.clear(:traffic)
    @page.go_to("file://#{File.expand_path(path).gsub(" ", "%20")}")
    @page.network.wait_for_idle
    sleep SETTLE
  end

  # Opens a page of a server on this machine, and forgets what was complained of before.
  def open_page(address)
    complaints.clear
    @page.network.clear(:traffic)
    @page.go_to(address)
  end

  # The addresses of all that was loaded. What had begun before the page was opened has none.
  def loaded
    @page.network.traffic.filter_map(&:url).uniq
  end

  # The addresses of what was asked and has not come.
  def unanswered
    @page.network.traffic.reject(&:finished?).filter_map(&:url)
  end

  # What a script returns.
  def evaluate(script)
    @page.evaluate(script)
  end

  # What a promise of a script brings.
  def await(script)
    answer = command("Runtime.evaluate", expression: script, awaitPromise: true,
                                         returnByValue: true)
    raise answer["exceptionDetails"].inspect if answer["exceptionDetails"]

    answer.dig("result", "value")
  end

  def keys(*names)
    names.each { |name| @page.keyboard.type(name) }
  end

  def click(left, top)
    @page.mouse.click(x: left, y: top)
  end

  # Writes a picture of the page: the part that begins at a height, as high as the window or as
  # that.
  def shoot(path, from: 0, height: @height)
    clip = { x: 0, y: from, width: @width, height: height, scale: 1 }
    picture = command("Page.captureScreenshot", format: "png", clip: clip,
                                                captureBeyondViewport: true)
    File.binwrite(path, picture["data"].unpack1("m"))
  end

  # How high the whole page is.
  def page_height
    command("Page.getLayoutMetrics")["cssContentSize"]["height"]
  end

  def command(name, **arguments)
    @page.command(name, **arguments)
  end

  def quit
    @browser.quit
  end

  private

  def listen
    @page.on("Runtime.exceptionThrown") { |event| complain(event["exceptionDetails"]["text"]) }
    @page.on("Runtime.consoleAPICalled") do |event|
      complain(event["args"].inspect) if %w[error warning assert].include?(event["type"])
    end
    @page.on("Log.entryAdded") do |event|
      entry = event["entry"]
      complain(entry["text"]) if %w[error warning].include?(entry["level"])
    end
    @page.command("Log.enable")
  end

  def complain(text)
    @complaints << text
  end

  def emulate(width, height, dark, script)
    @page.command("Emulation.setDeviceMetricsOverride", width: width, height: height,
                                                        deviceScaleFactor: 1, mobile: width < 600)
    @page.command("Emulation.setEmulatedMedia",
                  features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }])
    @page.command("Emulation.setScriptExecutionDisabled", value: !script)
  end
end
