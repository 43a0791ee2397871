# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_jettison_global_optspecs
    string join \n h/help V/version
end

function __fish_jettison_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_jettison_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_jettison_using_subcommand
    set -l cmd (__fish_jettison_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c jettison -n "__fish_jettison_needs_command" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_needs_command" -s V -l version -d 'Print version'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "report" -d 'The whole story on one page: what fills it, what nobody cleans, the smallest deletion set'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "scan" -d 'The tree: where the space is'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "audit" -d 'Families of files and cleanup rules: what does no rule clean, and why not'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "plan" -d 'The smallest deletion set that frees enough'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "why" -d 'One path: its family, the rules that take it or spare it, and why'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "check" -d 'Whether an update fits: an exit code and one line, for a gate or a monitor'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "export" -d 'The tree for other tools'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "completions" -d 'Completions for a shell, to be sourced'
complete -c jettison -n "__fish_jettison_needs_command" -f -a "man" -d 'The manual page, in roff'
complete -c jettison -n "__fish_jettison_using_subcommand report" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand report" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand report" -l rules -d 'Read the rule files below this root (a checkout, an image) instead of this machine\'s' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand report" -l seen-as -d 'The path that SOURCE has on the machine that the rules speak of' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand report" -l policy -d 'The policy file to go by, alone' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand report" -l need -d 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l percent-of -d 'What a percentage is of' -r -f -a "used+avail\t'used + available, as df reckons'
size\t'the whole volume'"
complete -c jettison -n "__fish_jettison_using_subcommand report" -l capacity -d 'How large the volume is, where that was not measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l available -d 'How much is available, whatever was measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l need-inodes -d 'How many inodes must be available' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l smallest -d 'What the smallest set is smallest in' -r -f -a "paths\t'The fewest paths at the lowest risk'
bytes\t'The least bytes lost'
directory\t'Exactly one directory'
exposure\t'The least bytes in the worst class'"
complete -c jettison -n "__fish_jettison_using_subcommand report" -l max-risk -d 'The worst class that may be chosen: regenerable, expired, stale, old or unknown' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l max-waste -d 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l free -d 'Free this much, whatever is available' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l free-inodes -d 'Free this many inodes, whatever is available' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l top -d 'How many of the largest places, and of the families that nobody cleans, to show' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l format -d 'The form of the result' -r -f -a "text\t''
json\t''"
complete -c jettison -n "__fish_jettison_using_subcommand report" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand report" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand report" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand report" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand report" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand report" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand report" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand report" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l depth -d 'Levels below the root to show (JSON: all unless given)' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l top -d 'Show the N largest entries, wherever they lie' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l sort -d 'The order of siblings' -r -f -a "disk\t''
apparent\t''
count\t''
mtime\t''
name\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l since -d 'Only what changed within this time (24h, 7d), by modification time: what grew' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l by -d 'Sum up by the users who own the files, which takes a second look at each' -r -f -a "user\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l rows -d 'How many rows to show at most: a number, or `all`' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l format -d 'The form of the result' -r -f -a "text\t''
json\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l apparent -d 'Compare and sort by apparent size instead of disk usage'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand scan" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l rules -d 'Read the rule files below this root (a checkout, an image) instead of this machine\'s' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l seen-as -d 'The path that SOURCE has on the machine that the rules speak of' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l policy -d 'The policy file to go by, alone' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l rows -d 'How many families to show at most: a number, or `all`' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l expect -d 'Ask whether any rule would cover what a job is going to write, such as /data/{date}/{exchange}.csv, instead of reading SOURCE' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l format -d 'The form of the result' -r -f -a "text\t''
json\t''"
complete -c jettison -n "__fish_jettison_using_subcommand audit" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l members -d 'List the members of each family'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l suggest -d 'Print what to change as a unified diff of the rule files, and nothing else'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand audit" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l rules -d 'Read the rule files below this root (a checkout, an image) instead of this machine\'s' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l seen-as -d 'The path that SOURCE has on the machine that the rules speak of' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l policy -d 'The policy file to go by, alone' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l need -d 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l percent-of -d 'What a percentage is of' -r -f -a "used+avail\t'used + available, as df reckons'
size\t'the whole volume'"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l capacity -d 'How large the volume is, where that was not measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l available -d 'How much is available, whatever was measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l need-inodes -d 'How many inodes must be available' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l smallest -d 'What the smallest set is smallest in' -r -f -a "paths\t'The fewest paths at the lowest risk'
bytes\t'The least bytes lost'
directory\t'Exactly one directory'
exposure\t'The least bytes in the worst class'"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l max-risk -d 'The worst class that may be chosen: regenerable, expired, stale, old or unknown' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l max-waste -d 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l free -d 'Free this much, whatever is available' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l free-inodes -d 'Free this many inodes, whatever is available' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l format -d 'The form of the result; `sh` is a script to review and run' -r -f -a "text\t''
json\t''
sh\t''"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jettison -n "__fish_jettison_using_subcommand why" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand why" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand why" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand why" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand why" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand why" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand why" -l rules -d 'Read the rule files below this root (a checkout, an image) instead of this machine\'s' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand why" -l seen-as -d 'The path that SOURCE has on the machine that the rules speak of' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand why" -l policy -d 'The policy file to go by, alone' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand why" -l format -d 'The form of the result' -r -f -a "text\t''
json\t''"
complete -c jettison -n "__fish_jettison_using_subcommand why" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand why" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand why" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand why" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand why" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand why" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand why" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand why" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand why" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_using_subcommand check" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand check" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand check" -l rules -d 'Read the rule files below this root (a checkout, an image) instead of this machine\'s' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand check" -l seen-as -d 'The path that SOURCE has on the machine that the rules speak of' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand check" -l policy -d 'The policy file to go by, alone' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand check" -l need -d 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l percent-of -d 'What a percentage is of' -r -f -a "used+avail\t'used + available, as df reckons'
size\t'the whole volume'"
complete -c jettison -n "__fish_jettison_using_subcommand check" -l capacity -d 'How large the volume is, where that was not measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l available -d 'How much is available, whatever was measured' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l need-inodes -d 'How many inodes must be available' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l smallest -d 'What the smallest set is smallest in' -r -f -a "paths\t'The fewest paths at the lowest risk'
bytes\t'The least bytes lost'
directory\t'Exactly one directory'
exposure\t'The least bytes in the worst class'"
complete -c jettison -n "__fish_jettison_using_subcommand check" -l max-risk -d 'The worst class that may be chosen: regenerable, expired, stale, old or unknown' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l max-waste -d 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l path -d 'Another mount that must have the need, named by any path on it; repeatable' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand check" -l floor -d 'What must be left beyond the need: 2GiB, 5%' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l margin -d 'How much more than the need to ask for, in percent (with --need apt 5%, else 0%)' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l horizon -d 'A failing writer, or fewer days to full than this, is a finding' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l need-growth -d 'What the families of SOURCE write in this time is needed too' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l format -d 'The form of the result' -r -f -a "text\t''
json\t''
github\t'Annotations of a GitHub workflow'
nagios\t'One line of a monitoring plugin'
prometheus\t'The textfile of a node exporter'
junit\t'Test results'"
complete -c jettison -n "__fish_jettison_using_subcommand check" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand check" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand check" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand check" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand check" -l all -d 'Every local disk must have it'
complete -c jettison -n "__fish_jettison_using_subcommand check" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand check" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand check" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c jettison -n "__fish_jettison_using_subcommand export" -l as -d 'What the source is, instead of recognising it by its content' -r -f -a "live\t''
transcript\t''
ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand export" -l exclude -d 'Leave out names (or, with a `/`, paths below the root) that match' -r
complete -c jettison -n "__fish_jettison_using_subcommand export" -l threads -d 'Threads of the walk; 0 chooses' -r
complete -c jettison -n "__fish_jettison_using_subcommand export" -l patience -d 'Give up a directory whose file system has not answered for so long' -r
complete -c jettison -n "__fish_jettison_using_subcommand export" -l at -d 'In a recording: how things stood at this line' -r
complete -c jettison -n "__fish_jettison_using_subcommand export" -l walker -d 'Which walker to use, for tests and bug reports' -r -f -a "auto\t''
linux\t''
portable\t''"
complete -c jettison -n "__fish_jettison_using_subcommand export" -l format -d 'The format to write' -r -f -a "ncdu\t''"
complete -c jettison -n "__fish_jettison_using_subcommand export" -s o -d 'Write to this file, beside it first and then renamed' -r -F
complete -c jettison -n "__fish_jettison_using_subcommand export" -l now -d 'The time to count ages from: RFC 3339 or @SECONDS' -r
complete -c jettison -n "__fish_jettison_using_subcommand export" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c jettison -n "__fish_jettison_using_subcommand export" -l cross-file-systems -d 'Enter other file systems below the root'
complete -c jettison -n "__fish_jettison_using_subcommand export" -l assume-empty -d 'In a recording: a directory that was entered and never listed is empty, not unknown'
complete -c jettison -n "__fish_jettison_using_subcommand export" -l no-progress -d 'No progress on stderr'
complete -c jettison -n "__fish_jettison_using_subcommand export" -s q -l quiet -d 'Nothing on stderr but errors'
complete -c jettison -n "__fish_jettison_using_subcommand export" -s v -l verbose -d 'List everything that could not be read or understood'
complete -c jettison -n "__fish_jettison_using_subcommand export" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_using_subcommand completions" -s h -l help -d 'Print help'
complete -c jettison -n "__fish_jettison_using_subcommand man" -s h -l help -d 'Print help'
