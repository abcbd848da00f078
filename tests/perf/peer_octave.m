% peer_octave.m -- the same semi-discrete problem (written by "bench matrices") by Octave's ode15s (SUNDIALS IDA, KLU).
% usage: octave peer_octave.m MATRICES RTOL.  CPU time of the second solve.
args = argv();
file = fopen(args{1});
sizes = fscanf(file, '%d', 2); n = sizes(1);
load_ = fscanf(file, '%g', 1);
columns = fscanf(file, '%g', [4, n])';
entries = fscanf(file, '%g', [3, sizes(2)])';
fclose(file);
top0 = load([args{1} '.top0']);
rtol = str2double(args{2});
lower = sparse(entries(:, 1) + 1, entries(:, 2) + 1, entries(:, 3), n, n);
A = lower + tril(lower, -1)';
M = columns(:, 1);
J = [-spdiags(1 ./ M, 0, n, n) * A, sparse(n, 2); sparse(columns(:, 3:4)'), sparse(2, 2)];
c = [columns(:, 2) ./ M; top0; 0];
hours = [0 0.5 1 2 4 8 24];
for k = 1:2
  start = cputime();
  options = odeset('RelTol', rtol, 'AbsTol', [rtol * 1e-2 * ones(n, 1); rtol * 1e-5 * ones(2, 1)], 'InitialStep', 1e-9);
  options = odeset(options, 'Jacobian', @(t, y) J);
  [t, y] = ode15s(@(t, y) J * y + c, hours * 3600, zeros(n + 2, 1), options);
  cpu = cputime() - start;
end
for k = 2:7
  printf('Q %g %.10g %.10g\n', hours(k), y(k, n + 1) + load_, y(k, n + 2));
end
printf('unknowns %d cpu_ms %.4f steps 0\n', n, 1e3 * cpu);
