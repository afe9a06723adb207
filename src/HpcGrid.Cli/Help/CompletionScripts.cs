using HpcGrid.Core;

namespace HpcGrid.Cli.Help;

/// <summary>What a shell needs to complete our command lines: it asks the program itself, which knows its commands, options, states and jobs.</summary>
internal static class CompletionScripts
{
    public static readonly IReadOnlyList<string> Shells = ["bash", "zsh", "fish"];

    /// <summary>The script for a shell. Throws GridError(Invalid) for another one.</summary>
    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw GridError.Invalid($"there is no completion for '{shell}'", $"There is one for {string.Join(", ", Shells)}."),
    };

    private const string Bash = """
        # hpcgrid completion for bash. Load it with: source <(hpcgrid completion bash)
        _hpcgrid() {
            local line=${COMP_LINE:0:COMP_POINT} word found
            COMPREPLY=()
            # Behind -- stands a command of the user's own.
            [[ $line == *" -- "* ]] && return
            # bash takes grid:path for three words and wants the last one back.
            word=${line##*[[:space:]]}
            local before=${word%"${COMP_WORDS[COMP_CWORD]#:}"}
            while IFS= read -r found; do
                [[ $found == "$word"* ]] && COMPREPLY+=("${found#"$before"}")
            done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
            # A directory goes on.
            [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/:] ]] && compopt -o nospace 2>/dev/null
            return 0
        }
        complete -o default -F _hpcgrid hpcgrid

        """;

    private const string Zsh = """
        #compdef hpcgrid
        # hpcgrid completion for zsh. Load it with: source <(hpcgrid completion zsh)
        _hpcgrid() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a found
            if [[ $line != *" -- "* ]]; then
                found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
                found=(${found:#})
                # A directory goes on: no blank behind it.
                compadd -S '' -- ${(M)found:#*[/:]}
                local -i going=$?
                compadd -- ${found:#*[/:]} || (( ! going )) && return
            fi
            _files
        }
        compdef _hpcgrid hpcgrid

        """;

    private const string Fish = """
        # hpcgrid completion for fish. Load it with: hpcgrid completion fish | source
        function __hpcgrid_complete
            set -l line (commandline -cp)
            string match -q -- '* -- *' "$line"; and return
            hpcgrid "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c hpcgrid -a '(__hpcgrid_complete)'

        """;
}
