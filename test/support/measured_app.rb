# frozen_string_literal: true

# Applications in a directory, for `heapdump measure`.
module MeasuredApp
  PLAIN = "run ->(_env) { [200, {}, ['fine']] }\n"

  # Writes an application. Returns its directory.
  def app(rackup, files = {})
    @apps = @apps.to_i + 1
    directory = File.join(File.realpath(scratch), "app#{@apps}")
    { "config.ru" => rackup, **files }.each do |path, text|
      path = "#{directory}/".b + path.b
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
    end
    directory
  end

  def setup
    super
    skip "the process of the application would be measured, not it" if Child::VALGRIND
  end

  def measure(*argv)
    heapdump("measure", *argv)
  end

  def measure!(*argv)
    heapdump!("measure", *argv)
  end
end
