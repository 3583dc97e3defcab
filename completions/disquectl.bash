# TAB completion of disquectl for bash: made by `disquectl completion bash`.
_disquectl() {
    local line directive
    COMPREPLY=()
    {
        IFS= read -r -d '' directive
        while IFS= read -r line; do
            COMPREPLY[${#COMPREPLY[@]}]=$line
        done
    } < <("$1" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    case $directive in
        nospace) compopt -o nospace 2>/dev/null ;;
        files) compopt -o default 2>/dev/null ;;
    esac
}
complete -F _disquectl disquectl
