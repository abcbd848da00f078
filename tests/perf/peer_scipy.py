# peer_scipy.py -- the same semi-discrete problem (written by "bench matrices") by SciPy's BDF with a sparse Jacobian.
# usage: peer_scipy.py MATRICES RTOL.  One line of "name value" pairs; CPU time of the second solve.
import sys, time
import numpy as np
import scipy.sparse as sp
from scipy.integrate import solve_ivp

def read(path):
    with open(path) as f:
        n, nnz = (int(x) for x in f.readline().split())
        load = float(f.readline())
        columns = np.array([f.readline().split() for _ in range(n)], float)  # M f top bottom
        entries = np.array([f.readline().split() for _ in range(nnz)], float)
    i, j, v = entries[:, 0].astype(int), entries[:, 1].astype(int), entries[:, 2]
    lower = sp.coo_matrix((v, (i, j)), (n, n)).tocsr()
    return lower + sp.tril(lower, -1).T, columns, load

A, columns, load = read(sys.argv[1])
rtol = float(sys.argv[2])
M, f, top, bottom = columns.T
n = len(M)
top0 = float(open(sys.argv[1] + ".top0").read())
# the two running integrals are states as well
J = sp.bmat([[-sp.diags(1 / M) @ A, None], [sp.csr_matrix(np.vstack([top, bottom])), sp.csr_matrix((2, 2))]], format="csc")
c = np.concatenate([f / M, [top0, 0.0]])
hours = np.array([0.5, 1, 2, 4, 8, 24])
for _ in range(2):
    start = time.process_time()
    atol = np.concatenate([np.full(n, rtol * 1e-2), np.full(2, rtol * 1e-5)])
    s = solve_ivp(lambda t, y: J @ y + c, (0, 86400.0), np.zeros(n + 2), method="BDF", jac=J, rtol=rtol, atol=atol, t_eval=hours * 3600)
    cpu = time.process_time() - start
for k in range(6):
    print("Q", hours[k], "%.10g %.10g" % (s.y[n, k] + load, s.y[n + 1, k]))
print("unknowns %d cpu_ms %.4f steps %d" % (n, 1e3 * cpu, s.nfev))
