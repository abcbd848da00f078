#!/bin/sh
# Layers: base <- solver, base <- rig; each outside library behind one door (docs/explanation/architecture.md).
set -eu
cd "$(dirname "$0")/.."
bad=0
# deny PATTERN EXCEPT PATHS...: reports every #include under PATHS that matches PATTERN, but for files matching EXCEPT.
deny() {
    pat=$1; except=$2; shift 2
    if find "$@" -name '*.[ch]' 2>/dev/null | grep -vE "$except" | xargs -r grep -nE "#include [<\"]($pat)" /dev/null; then bad=1; fi
}
deny '(solver|rig)/'            'none^'                            base
deny 'rig/'                     'none^'                            solver
deny 'solver/'                  'none^'                            rig
deny 'rig/(bus|device|safety|method|loop|record|calibrate|screen|prove|commands)/' 'none^' rig/virtual
deny 'cvode|sun|nvector'        'solver/integrate/cvodes\.c$'      base solver rig
deny 'cholmod|amd'              'solver/integrate/cholesky\.c$'    base solver rig
deny 'modbus'                   'rig/bus/modbus\.c$'               base solver rig
deny 'libfyaml'                 'base/text/yaml\.c$'               base solver rig
deny 'csv\.h'                   'base/text/(table|raw)\.c$'              base solver rig
deny 'udunits2'                 'base/text/units\.c$'              base solver rig
# inside solver: only downwards
deny 'solver/(commands|results|inference|ensemble|study|integrate|system|space)/'    'none^' solver/physics
deny 'solver/(commands|results|inference|ensemble|study|integrate|system)/'          'none^' solver/space
deny 'solver/(commands|results|inference|ensemble|study|integrate)/'                 'none^' solver/system
deny 'solver/(commands|results|inference|ensemble)/'                                 'none^' solver/integrate solver/study
deny 'solver/(commands|results|inference|ensemble|study|integrate|system|space|physics|insertion)/' 'none^' solver/import
deny 'solver/commands/'                                                              'none^' solver/results solver/inference solver/ensemble
# inside rig
deny 'rig/(device|safety|method|loop|record|commands|screen|calibrate)/'             'none^' rig/bus
deny 'rig/(safety|method|loop|record|commands|screen|calibrate)/'                    'none^' rig/device
deny 'rig/(method|loop|record|commands|screen|calibrate)/'                           'none^' rig/safety
deny 'rig/(loop|record|commands|screen)/'                                            'none^' rig/method
deny 'rig/commands/'                                                                 'none^' rig/loop rig/record rig/screen rig/calibrate rig/prove
deny 'rig/prove/'                                                                    'none^' rig/bus rig/device rig/safety rig/method rig/loop rig/record rig/screen
exit $bad
