using System.CommandLine;
using System.Diagnostics;
using HpcGrid.Cli;
using HpcGrid.Cli.Commands;
using HpcGrid.Cli.Help;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Cli;

/// <summary>Help, man page, docs/cli.md and completion say what the program does.</summary>
[TestFixture, CancelAfter(60_000)]
internal sealed class ReferenceTests
{
    [Test]
    public async Task The_page_of_commands_is_what_the_program_says_of_itself()
    {
        var page = Repository.Text("docs/cli.md");
        var reference = (await CommandLineRun.Of("help", "--markdown")).Output;
        Assert.That(page.TrimEnd(), Does.EndWith(reference.TrimEnd()), "write it anew: the output of `hpcgrid help --markdown` behind '## Reference'");
        foreach (var (code, meaning) in ExitCodes.Table) Assert.That(page, Does.Contain($"| {code} | {meaning} |"));
    }

    [Test]
    public async Task The_man_page_names_every_command_and_option_and_groff_understands_it()
    {
        var man = (await CommandLineRun.Of("help", "--man")).Output;
        foreach (var command in Commands())
        {
            Assert.That(man, Does.Contain($".SS {command.Path}\n"));
            foreach (var option in command.Options) Assert.That(man, Does.Contain(option.Names.Split(' ', ',')[0].Replace("-", "\\-", StringComparison.Ordinal)), command.Path);
        }
        Assert.That(man.Split('\n').Where(line => line.StartsWith('\'') || (line.StartsWith('.') && !char.IsUpper(line[1]) && line is not (".nf" or ".fi"))), Is.Empty,
            "a line of text that roff would read as a request");
    }

    [Test]
    public void Every_command_says_what_it_does_and_every_option_and_argument_has_a_meaning() =>
        Assert.Multiple(() =>
        {
            foreach (var command in Commands())
            {
                Assert.That(command.Description, Is.Not.Empty, command.Path);
                Assert.That(command.Examples, Is.Not.Empty, command.Path);
                foreach (var entry in command.Arguments.Concat(command.Options)) Assert.That(entry.Meaning, Is.Not.Empty, $"{command.Path} {entry.Names}");
            }
        });

    [Test]
    public void Examples_are_command_lines_that_the_program_understands()
    {
        foreach (var command in Commands())
            foreach (var example in command.Examples.Where(example => example.StartsWith("hpcgrid ", StringComparison.Ordinal)))
            {
                var words = Split(example);
                var plain = words.IndexOf("--");
                var parsed = Root().Parse(plain < 0 ? words : words[..plain], new ParserConfiguration { ResponseFileTokenReplacer = null });
                Assert.That(parsed.Errors.Where(error => plain < 0 || !error.Message.StartsWith("Required", StringComparison.Ordinal)), Is.Empty, example);
                Assert.That(parsed.CommandResult.Command, Is.InstanceOf<GridCommand>(), example);
            }
    }

    [TestCase("hpcgrid ", "submit", "watch", "doctor")]
    [TestCase("hpcgrid local ", "up", "down", "status")]
    [TestCase("hpcgrid ps --s", "--state", "--since", "--subjobs")]
    [TestCase("hpcgrid ps --state ", "failed", "ERROR_E", "RUNNING")]
    [TestCase("hpcgrid completion ", "bash", "zsh", "fish")]
    public async Task The_program_completes_its_own_command_lines(string line, params string[] expected)
    {
        var found = (await CommandLineRun.Of($"[suggest:{line.Length}]", line)).Output.Split('\n');
        Assert.That(expected, Is.SubsetOf(found));
    }

    [Test]
    public async Task Bash_completes_through_the_script()
    {
        var folder = Directory.CreateTempSubdirectory("hpcgrid-completion-").FullName;
        try
        {
            // Stands for the program: notes what it is asked and offers three words.
            var program = Path.Combine(folder, "hpcgrid");
            await File.WriteAllTextAsync(program, $"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{folder}/asked'\nprintf 'status\\nstat\\nup\\n'\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var script = Path.Combine(folder, "script");
            await File.WriteAllTextAsync(script, CompletionScripts.Of("bash")
                + $"COMP_LINE='hpcgrid local sta'; COMP_POINT=17; COMP_WORDS=('{program}' local sta); COMP_CWORD=2; _hpcgrid; printf '%s ' \"${{COMPREPLY[@]}}\"\n"
                + "COMP_LINE='hpcgrid submit -- ls'; COMP_POINT=20; COMP_WORDS=(hpcgrid submit -- ls); COMP_CWORD=3; _hpcgrid; printf '%s' \"${#COMPREPLY[@]}\"\n");
            using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", script]) { RedirectStandardOutput = true })!;
            Assert.That(await bash.StandardOutput.ReadToEndAsync(), Is.EqualTo("status stat 0"));
            Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, "asked")), Is.EqualTo("[suggest:17]\nhpcgrid local sta\n"));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Test]
    public async Task Bash_completes_a_path_of_the_catalogue_though_it_takes_the_colon_for_a_word() =>
        Assert.That(await Shell("bash", ["--norc"], "grid:out/a\ngrid:out/b/\n", CompletionScripts.Of("bash")
            + "COMP_LINE='hpcgrid cp grid:out/'; COMP_POINT=20; COMP_WORDS=(hpcgrid cp grid : out/); COMP_CWORD=4; _hpcgrid; printf '%s ' \"${COMPREPLY[@]}\"\n"
            + "COMP_LINE='hpcgrid cp grid:'; COMP_POINT=16; COMP_WORDS=(hpcgrid cp grid :); COMP_CWORD=3; _hpcgrid; printf '%s ' \"${COMPREPLY[@]}\"\n"),
            Is.EqualTo("out/a out/b/ out/a out/b/ "));

    [Test]
    public async Task Fish_completes_through_the_script() =>
        Assert.That(await Shell("fish", ["--no-config"], "status\nstat\n", CompletionScripts.Of("fish") + "complete -C 'hpcgrid local sta'\n"),
            Is.EqualTo("stat\nstatus\n"));

    [Test]
    public async Task Zsh_completes_through_the_script() =>
        // zsh's builtin works within its line editor only: a function in its place writes down what it is given.
        Assert.That(await Shell("zsh", ["-f"], "grid:out/a\ngrid:out/b/\n", "autoload -U compinit; compinit -u -D\n" + CompletionScripts.Of("zsh")
            + "words=(hpcgrid cp grid:out/); CURRENT=3\ncompadd() { print -r -- $* }\n_files() { print files }\n_hpcgrid\n"
            + "words=(hpcgrid submit -- l); CURRENT=4\n_hpcgrid\n"),
            Is.EqualTo("-S -- grid:out/b/\n-- grid:out/a\nfiles\n"));

    /// <summary>Runs a script in a shell whose `hpcgrid` offers these lines; skips the test where there is no such shell.</summary>
    private static async Task<string> Shell(string shell, string[] options, string offers, string script)
    {
        if (!File.Exists("/usr/bin/" + shell) && !File.Exists("/bin/" + shell)) Assert.Ignore($"{shell} is not installed");
        var folder = Directory.CreateTempSubdirectory("hpcgrid-completion-").FullName;
        try
        {
            var program = Path.Combine(folder, "hpcgrid");
            await File.WriteAllTextAsync(program, $"#!/bin/sh\nprintf '{offers.Replace("\n", "\\n", StringComparison.Ordinal)}'\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(Path.Combine(folder, "script"), script);
            var start = new ProcessStartInfo(shell, [.. options, Path.Combine(folder, "script")])
            {
                RedirectStandardOutput = true,
                Environment = { ["PATH"] = folder + ":/usr/bin:/bin", ["HOME"] = folder },
            };
            using var process = Process.Start(start)!;
            return await process.StandardOutput.ReadToEndAsync();
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Test]
    public void An_unknown_shell_is_told() => Assert.That(Assert.Throws<GridError>(() => CompletionScripts.Of("csh"))!.Hint, Does.Contain("bash"));

    private static IReadOnlyList<CommandReference> Commands() => CommandReference.All(Root());

    private static RootCommand Root() =>
        CommandLine.Create(new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, OutputStream = () => Stream.Null, Input = TextReader.Null });

    /// <summary>As a shell would split the words of an example, up to a pipe, a redirection or a remark.</summary>
    private static List<string> Split(string example)
    {
        var words = new List<string>();
        foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(example, @"'[^']*'|""[^""]*""|\S+"))
        {
            if (match.Value is "|" or ">" or "&&" or "#") break;
            words.Add(match.Value.Trim('\'', '"'));
        }
        return words[1..];
    }
}
