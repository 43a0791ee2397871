
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'jettison' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'jettison'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'jettison' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'The whole story on one page: what fills it, what nobody cleans, the smallest deletion set')
            [CompletionResult]::new('scan', 'scan', [CompletionResultType]::ParameterValue, 'The tree: where the space is')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Families of files and cleanup rules: what does no rule clean, and why not')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'The smallest deletion set that frees enough')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'One path: its family, the rules that take it or spare it, and why')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Whether an update fits: an exit code and one line, for a gate or a monitor')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'The tree for other tools')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Completions for a shell, to be sourced')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'The manual page, in roff')
            break
        }
        'jettison;report' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Read the rule files below this root (a checkout, an image) instead of this machine''s')
            [CompletionResult]::new('--seen-as', '--seen-as', [CompletionResultType]::ParameterName, 'The path that SOURCE has on the machine that the rules speak of')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy file to go by, alone')
            [CompletionResult]::new('--need', '--need', [CompletionResultType]::ParameterName, 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)')
            [CompletionResult]::new('--percent-of', '--percent-of', [CompletionResultType]::ParameterName, 'What a percentage is of')
            [CompletionResult]::new('--capacity', '--capacity', [CompletionResultType]::ParameterName, 'How large the volume is, where that was not measured')
            [CompletionResult]::new('--available', '--available', [CompletionResultType]::ParameterName, 'How much is available, whatever was measured')
            [CompletionResult]::new('--need-inodes', '--need-inodes', [CompletionResultType]::ParameterName, 'How many inodes must be available')
            [CompletionResult]::new('--smallest', '--smallest', [CompletionResultType]::ParameterName, 'What the smallest set is smallest in')
            [CompletionResult]::new('--max-risk', '--max-risk', [CompletionResultType]::ParameterName, 'The worst class that may be chosen: regenerable, expired, stale, old or unknown')
            [CompletionResult]::new('--max-waste', '--max-waste', [CompletionResultType]::ParameterName, 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none')
            [CompletionResult]::new('--free', '--free', [CompletionResultType]::ParameterName, 'Free this much, whatever is available')
            [CompletionResult]::new('--free-inodes', '--free-inodes', [CompletionResultType]::ParameterName, 'Free this many inodes, whatever is available')
            [CompletionResult]::new('--top', '--top', [CompletionResultType]::ParameterName, 'How many of the largest places, and of the families that nobody cleans, to show')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jettison;scan' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'Levels below the root to show (JSON: all unless given)')
            [CompletionResult]::new('--top', '--top', [CompletionResultType]::ParameterName, 'Show the N largest entries, wherever they lie')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'The order of siblings')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only what changed within this time (24h, 7d), by modification time: what grew')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Sum up by the users who own the files, which takes a second look at each')
            [CompletionResult]::new('--rows', '--rows', [CompletionResultType]::ParameterName, 'How many rows to show at most: a number, or `all`')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--apparent', '--apparent', [CompletionResultType]::ParameterName, 'Compare and sort by apparent size instead of disk usage')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'jettison;audit' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Read the rule files below this root (a checkout, an image) instead of this machine''s')
            [CompletionResult]::new('--seen-as', '--seen-as', [CompletionResultType]::ParameterName, 'The path that SOURCE has on the machine that the rules speak of')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy file to go by, alone')
            [CompletionResult]::new('--rows', '--rows', [CompletionResultType]::ParameterName, 'How many families to show at most: a number, or `all`')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Ask whether any rule would cover what a job is going to write, such as /data/{date}/{exchange}.csv, instead of reading SOURCE')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--members', '--members', [CompletionResultType]::ParameterName, 'List the members of each family')
            [CompletionResult]::new('--suggest', '--suggest', [CompletionResultType]::ParameterName, 'Print what to change as a unified diff of the rule files, and nothing else')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'jettison;plan' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Read the rule files below this root (a checkout, an image) instead of this machine''s')
            [CompletionResult]::new('--seen-as', '--seen-as', [CompletionResultType]::ParameterName, 'The path that SOURCE has on the machine that the rules speak of')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy file to go by, alone')
            [CompletionResult]::new('--need', '--need', [CompletionResultType]::ParameterName, 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)')
            [CompletionResult]::new('--percent-of', '--percent-of', [CompletionResultType]::ParameterName, 'What a percentage is of')
            [CompletionResult]::new('--capacity', '--capacity', [CompletionResultType]::ParameterName, 'How large the volume is, where that was not measured')
            [CompletionResult]::new('--available', '--available', [CompletionResultType]::ParameterName, 'How much is available, whatever was measured')
            [CompletionResult]::new('--need-inodes', '--need-inodes', [CompletionResultType]::ParameterName, 'How many inodes must be available')
            [CompletionResult]::new('--smallest', '--smallest', [CompletionResultType]::ParameterName, 'What the smallest set is smallest in')
            [CompletionResult]::new('--max-risk', '--max-risk', [CompletionResultType]::ParameterName, 'The worst class that may be chosen: regenerable, expired, stale, old or unknown')
            [CompletionResult]::new('--max-waste', '--max-waste', [CompletionResultType]::ParameterName, 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none')
            [CompletionResult]::new('--free', '--free', [CompletionResultType]::ParameterName, 'Free this much, whatever is available')
            [CompletionResult]::new('--free-inodes', '--free-inodes', [CompletionResultType]::ParameterName, 'Free this many inodes, whatever is available')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result; `sh` is a script to review and run')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jettison;why' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Read the rule files below this root (a checkout, an image) instead of this machine''s')
            [CompletionResult]::new('--seen-as', '--seen-as', [CompletionResultType]::ParameterName, 'The path that SOURCE has on the machine that the rules speak of')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy file to go by, alone')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'jettison;check' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Read the rule files below this root (a checkout, an image) instead of this machine''s')
            [CompletionResult]::new('--seen-as', '--seen-as', [CompletionResultType]::ParameterName, 'The path that SOURCE has on the machine that the rules speak of')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'The policy file to go by, alone')
            [CompletionResult]::new('--need', '--need', [CompletionResultType]::ParameterName, 'What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)')
            [CompletionResult]::new('--percent-of', '--percent-of', [CompletionResultType]::ParameterName, 'What a percentage is of')
            [CompletionResult]::new('--capacity', '--capacity', [CompletionResultType]::ParameterName, 'How large the volume is, where that was not measured')
            [CompletionResult]::new('--available', '--available', [CompletionResultType]::ParameterName, 'How much is available, whatever was measured')
            [CompletionResult]::new('--need-inodes', '--need-inodes', [CompletionResultType]::ParameterName, 'How many inodes must be available')
            [CompletionResult]::new('--smallest', '--smallest', [CompletionResultType]::ParameterName, 'What the smallest set is smallest in')
            [CompletionResult]::new('--max-risk', '--max-risk', [CompletionResultType]::ParameterName, 'The worst class that may be chosen: regenerable, expired, stale, old or unknown')
            [CompletionResult]::new('--max-waste', '--max-waste', [CompletionResultType]::ParameterName, 'How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Another mount that must have the need, named by any path on it; repeatable')
            [CompletionResult]::new('--floor', '--floor', [CompletionResultType]::ParameterName, 'What must be left beyond the need: 2GiB, 5%')
            [CompletionResult]::new('--margin', '--margin', [CompletionResultType]::ParameterName, 'How much more than the need to ask for, in percent (with --need apt 5%, else 0%)')
            [CompletionResult]::new('--horizon', '--horizon', [CompletionResultType]::ParameterName, 'A failing writer, or fewer days to full than this, is a finding')
            [CompletionResult]::new('--need-growth', '--need-growth', [CompletionResultType]::ParameterName, 'What the families of SOURCE write in this time is needed too')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the result')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every local disk must have it')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'jettison;export' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What the source is, instead of recognising it by its content')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out names (or, with a `/`, paths below the root) that match')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the walk; 0 chooses')
            [CompletionResult]::new('--patience', '--patience', [CompletionResultType]::ParameterName, 'Give up a directory whose file system has not answered for so long')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'In a recording: how things stood at this line')
            [CompletionResult]::new('--walker', '--walker', [CompletionResultType]::ParameterName, 'Which walker to use, for tests and bug reports')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The format to write')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, beside it first and then renamed')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'The time to count ages from: RFC 3339 or @SECONDS')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--cross-file-systems', '--cross-file-systems', [CompletionResultType]::ParameterName, 'Enter other file systems below the root')
            [CompletionResult]::new('--assume-empty', '--assume-empty', [CompletionResultType]::ParameterName, 'In a recording: a directory that was entered and never listed is empty, not unknown')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on stderr')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Nothing on stderr but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List everything that could not be read or understood')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'jettison;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'jettison;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
