
use builtin;
use str;

set edit:completion:arg-completer[jettison] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'jettison'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'jettison'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand report 'The whole story on one page: what fills it, what nobody cleans, the smallest deletion set'
            cand scan 'The tree: where the space is'
            cand audit 'Families of files and cleanup rules: what does no rule clean, and why not'
            cand plan 'The smallest deletion set that frees enough'
            cand export 'The tree for other tools'
            cand completions 'Completions for a shell, to be sourced'
            cand man 'The manual page, in roff'
        }
        &'jettison;report'= {
            cand --as 'What the source is, instead of recognising it by its content'
            cand --exclude 'Leave out names (or, with a `/`, paths below the root) that match'
            cand --threads 'Threads of the walk; 0 chooses'
            cand --at 'In a recording: how things stood at this line'
            cand --walker 'Which walker to use, for tests and bug reports'
            cand --rules 'Read the rule files below this root (a checkout, an image) instead of this machine''s'
            cand --seen-as 'The path that SOURCE has on the machine that the rules speak of'
            cand --policy 'The policy file to go by, alone'
            cand --need 'What must be available: 30GiB, 45%'
            cand --percent-of 'What a percentage is of'
            cand --capacity 'How large the volume is, where that was not measured'
            cand --available 'How much is available, whatever was measured'
            cand --free 'Free this much, whatever is available'
            cand --need-inodes 'How many inodes must be available'
            cand --free-inodes 'Free this many inodes, whatever is available'
            cand --smallest 'What the smallest set is smallest in'
            cand --max-risk 'The worst class that may be chosen: regenerable, expired, stale, old or unknown'
            cand --max-waste 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none'
            cand --top 'How many of the largest places, and of the families that nobody cleans, to show'
            cand --format 'The form of the result'
            cand -o 'Write to this file, beside it first and then renamed'
            cand --now 'The time to count ages from: RFC 3339 or @SECONDS'
            cand --color 'When to use colour'
            cand --cross-file-systems 'Enter other file systems below the root'
            cand --assume-empty 'In a recording: a directory that was entered and never listed is empty, not unknown'
            cand --no-progress 'No progress on stderr'
            cand -q 'Nothing on stderr but errors'
            cand --quiet 'Nothing on stderr but errors'
            cand -v 'List everything that could not be read or understood'
            cand --verbose 'List everything that could not be read or understood'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jettison;scan'= {
            cand --as 'What the source is, instead of recognising it by its content'
            cand --exclude 'Leave out names (or, with a `/`, paths below the root) that match'
            cand --threads 'Threads of the walk; 0 chooses'
            cand --at 'In a recording: how things stood at this line'
            cand --walker 'Which walker to use, for tests and bug reports'
            cand --depth 'Levels below the root to show (JSON: all unless given)'
            cand --top 'Show the N largest entries, wherever they lie'
            cand --sort 'The order of siblings'
            cand --rows 'How many rows to show at most: a number, or `all`'
            cand --format 'The form of the result'
            cand -o 'Write to this file, beside it first and then renamed'
            cand --now 'The time to count ages from: RFC 3339 or @SECONDS'
            cand --color 'When to use colour'
            cand --cross-file-systems 'Enter other file systems below the root'
            cand --assume-empty 'In a recording: a directory that was entered and never listed is empty, not unknown'
            cand --apparent 'Compare and sort by apparent size instead of disk usage'
            cand --no-progress 'No progress on stderr'
            cand -q 'Nothing on stderr but errors'
            cand --quiet 'Nothing on stderr but errors'
            cand -v 'List everything that could not be read or understood'
            cand --verbose 'List everything that could not be read or understood'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'jettison;audit'= {
            cand --as 'What the source is, instead of recognising it by its content'
            cand --exclude 'Leave out names (or, with a `/`, paths below the root) that match'
            cand --threads 'Threads of the walk; 0 chooses'
            cand --at 'In a recording: how things stood at this line'
            cand --walker 'Which walker to use, for tests and bug reports'
            cand --rules 'Read the rule files below this root (a checkout, an image) instead of this machine''s'
            cand --seen-as 'The path that SOURCE has on the machine that the rules speak of'
            cand --policy 'The policy file to go by, alone'
            cand --rows 'How many families to show at most: a number, or `all`'
            cand --format 'The form of the result'
            cand -o 'Write to this file, beside it first and then renamed'
            cand --now 'The time to count ages from: RFC 3339 or @SECONDS'
            cand --color 'When to use colour'
            cand --cross-file-systems 'Enter other file systems below the root'
            cand --assume-empty 'In a recording: a directory that was entered and never listed is empty, not unknown'
            cand --members 'List the members of each family'
            cand --no-progress 'No progress on stderr'
            cand -q 'Nothing on stderr but errors'
            cand --quiet 'Nothing on stderr but errors'
            cand -v 'List everything that could not be read or understood'
            cand --verbose 'List everything that could not be read or understood'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'jettison;plan'= {
            cand --as 'What the source is, instead of recognising it by its content'
            cand --exclude 'Leave out names (or, with a `/`, paths below the root) that match'
            cand --threads 'Threads of the walk; 0 chooses'
            cand --at 'In a recording: how things stood at this line'
            cand --walker 'Which walker to use, for tests and bug reports'
            cand --rules 'Read the rule files below this root (a checkout, an image) instead of this machine''s'
            cand --seen-as 'The path that SOURCE has on the machine that the rules speak of'
            cand --policy 'The policy file to go by, alone'
            cand --need 'What must be available: 30GiB, 45%'
            cand --percent-of 'What a percentage is of'
            cand --capacity 'How large the volume is, where that was not measured'
            cand --available 'How much is available, whatever was measured'
            cand --free 'Free this much, whatever is available'
            cand --need-inodes 'How many inodes must be available'
            cand --free-inodes 'Free this many inodes, whatever is available'
            cand --smallest 'What the smallest set is smallest in'
            cand --max-risk 'The worst class that may be chosen: regenerable, expired, stale, old or unknown'
            cand --max-waste 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none'
            cand --format 'The form of the result'
            cand -o 'Write to this file, beside it first and then renamed'
            cand --now 'The time to count ages from: RFC 3339 or @SECONDS'
            cand --color 'When to use colour'
            cand --cross-file-systems 'Enter other file systems below the root'
            cand --assume-empty 'In a recording: a directory that was entered and never listed is empty, not unknown'
            cand --no-progress 'No progress on stderr'
            cand -q 'Nothing on stderr but errors'
            cand --quiet 'Nothing on stderr but errors'
            cand -v 'List everything that could not be read or understood'
            cand --verbose 'List everything that could not be read or understood'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'jettison;export'= {
            cand --as 'What the source is, instead of recognising it by its content'
            cand --exclude 'Leave out names (or, with a `/`, paths below the root) that match'
            cand --threads 'Threads of the walk; 0 chooses'
            cand --at 'In a recording: how things stood at this line'
            cand --walker 'Which walker to use, for tests and bug reports'
            cand --format 'The format to write'
            cand -o 'Write to this file, beside it first and then renamed'
            cand --now 'The time to count ages from: RFC 3339 or @SECONDS'
            cand --color 'When to use colour'
            cand --cross-file-systems 'Enter other file systems below the root'
            cand --assume-empty 'In a recording: a directory that was entered and never listed is empty, not unknown'
            cand --no-progress 'No progress on stderr'
            cand -q 'Nothing on stderr but errors'
            cand --quiet 'Nothing on stderr but errors'
            cand -v 'List everything that could not be read or understood'
            cand --verbose 'List everything that could not be read or understood'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'jettison;completions'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'jettison;man'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}
