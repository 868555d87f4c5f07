# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion for lanscopectl(1). Verbs and options are asked of the program, devices of the service.

# The verb and what is given to it.
function __lanscopectl_words
    set -l option
    set -l verb
    for word in (commandline -opc)[2..-1]
        if contains -- "$option" -H --host -M --machine -o --output
            set option
            continue
        end
        set option $word
        if not string match -q -- '-*' $word; and begin; set -q verb[1]; or string match -qr '^[a-z]' -- $word; end
            set verb $word
            printf '%s\n' $word
        end
    end
end

function __lanscopectl_verb
    set -l words (__lanscopectl_words)
    set -q words[1]; and echo $words[1]
end

function __lanscopectl_verb_is
    set -l verb (__lanscopectl_verb); and contains -- $verb $argv
end

function __lanscopectl_type_is_next
    set -l words (__lanscopectl_words)
    test "$words[1]" = type; and set -q words[2]
end

# The values of an option: an unknown one is answered with all there are.
function __lanscopectl_values
    lanscopectl $argv[1] "$argv[2]=?" 2>&1 | sed -nE 's/^.*(Types|Categories|Kinds) are: (.*)\.$/\2/p' | string split ' '
end

function __lanscopectl_verbs
    lanscopectl --help 2>/dev/null | sed -nE '/^Verbs:/,/^$/ s/^  ([a-z]+)( [^ ].*[^ ])?  +(.*)/\1\t\3/p'
end

# What a device calls itself is only offered where it cannot mean anything to the shell.
function __lanscopectl_devices
    timeout 2 lanscopectl list --json=short 2>/dev/null |
        grep -oE '"(mac|hostname|label)":"[A-Za-z0-9._:-]+"|"[0-9]{1,3}(\.[0-9]{1,3}){3}"' |
        sed -E 's/^"(mac|hostname|label)"://; s/"//g' | sort -u
end

function __lanscopectl_options
    lanscopectl (__lanscopectl_verb) --help 2>/dev/null | sed -nE 's/^  .. (--[a-z-]+=?)[^ ]* +(.*)/\1\t\2/p'
end

complete -c lanscopectl -f
complete -c lanscopectl -n 'not __lanscopectl_verb >/dev/null' -a '(__lanscopectl_verbs)'
complete -c lanscopectl -n 'string match -q -- "-*" (commandline -ct)' -a '(__lanscopectl_options)'
complete -c lanscopectl -n '__lanscopectl_verb_is device explain traffic label notes trust forget merge split' -a '(__lanscopectl_devices)'
complete -c lanscopectl -n '__lanscopectl_verb_is type; and not __lanscopectl_type_is_next' -a '(__lanscopectl_devices)'
complete -c lanscopectl -n __lanscopectl_type_is_next -a '(__lanscopectl_values list --type) auto'
complete -c lanscopectl -n '__lanscopectl_verb_is trust' -a 'yes no'
complete -c lanscopectl -n '__lanscopectl_verb_is mode' -a 'host gateway span (command ls /sys/class/net)'
complete -c lanscopectl -n '__lanscopectl_verb_is export' -a 'devices alerts flows'
complete -c lanscopectl -n '__lanscopectl_verb_is analyze' -F
complete -c lanscopectl -l host -s H -x -a '(__fish_print_hostnames)'
complete -c lanscopectl -l machine -s M -x -a '(machinectl --no-legend --no-pager list 2>/dev/null | sed "s/ .*//")'
complete -c lanscopectl -l json -x -a 'pretty short off'
complete -c lanscopectl -n '__lanscopectl_verb_is list' -l type -x -a '(__lanscopectl_values list --type)'
complete -c lanscopectl -n '__lanscopectl_verb_is list' -l category -x -a '(__lanscopectl_values list --category)'
complete -c lanscopectl -n '__lanscopectl_verb_is list' -l presence -x -a 'online idle offline'
complete -c lanscopectl -n '__lanscopectl_verb_is list' -l sort -x -a 'name type vendor ip mac presence last-seen first-seen traffic'
complete -c lanscopectl -n '__lanscopectl_verb_is flows' -l sort -x -a 'bytes rate rtt retransmissions last'
complete -c lanscopectl -n '__lanscopectl_verb_is flows' -l protocol -x -a 'tcp udp icmp icmp6'
complete -c lanscopectl -n '__lanscopectl_verb_is flows' -l state -x -a 'syn_sent syn_ack established fin_wait closing closed reset unknown'
complete -c lanscopectl -n '__lanscopectl_verb_is alerts' -l severity -x -a 'info warning critical'
complete -c lanscopectl -n '__lanscopectl_verb_is alerts mute' -l kind -x -a '(__lanscopectl_values alerts --kind)'
complete -c lanscopectl -n '__lanscopectl_verb_is alerts flows mute' -l device -x -a '(__lanscopectl_devices)'
complete -c lanscopectl -n '__lanscopectl_verb_is top' -l view -x -a 'devices flows talkers alerts'
complete -c lanscopectl -n '__lanscopectl_verb_is export analyze' -l format -x -a 'json jsonl csv'
complete -c lanscopectl -n '__lanscopectl_verb_is export' -l output -s o -r -F
complete -c lanscopectl -n '__lanscopectl_verb_is analyze' -l rules -r -F
complete -c lanscopectl -n '__lanscopectl_verb_is analyze' -l model -r -F
complete -c lanscopectl -n '__lanscopectl_verb_is analyze' -l signatures -r -F
