"""Where a value comes from in Python, and what was proved about it, decides whether it is dangerous."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

CASES = [
    pytest.param(
        """
@app.route('/x/<name>')
def f(name):
    os.remove(name)
""",
        True,
        id="hit flask param",
    ),
    pytest.param(
        """
@app.route('/x/<int:name>')
def f(name):
    open('/d/' + str(name))
""",
        False,
        id="miss flask int",
    ),
    pytest.param(
        """
@router.get("/files/{path}")
async def read(path: str, db: Session = Depends(get_db)):
    return FileResponse("/srv/" + path)
""",
        True,
        id="hit fastapi",
    ),
    pytest.param(
        """
@router.get("/files/{n}")
async def read(n: int):
    return FileResponse(f"/srv/{n}")
""",
        False,
        id="miss fastapi int",
    ),
    pytest.param(
        """
def view(request, slug):
    return HttpResponse(open(slug).read())
""",
        True,
        id="hit django",
    ),
    pytest.param(
        """
def lambda_handler(event, context):
    os.remove(event['path'])
""",
        True,
        id="hit lambda",
    ),
    pytest.param(
        """
def view(request):
    name = request.GET['n']
    if name not in ALLOWED:
        raise Http404
    return open('/d/' + name)
""",
        False,
        id="miss allow",
    ),
    pytest.param(
        """
name = request.args.get('n')
if name in ('a', 'b'):
    open(name)
""",
        False,
        id="miss allow literal",
    ),
    pytest.param(
        """
name = request.args.get('n')
if name in ('a', 'b'):
    print(1)
open(name)
""",
        True,
        id="hit not allow",
    ),
    pytest.param(
        """
@app.route('/f')
def f():
    p = os.path.realpath(os.path.join(BASE, request.args['f']))
    if not p.startswith(BASE):
        abort(403)
    return send_file(p)
""",
        False,
        id="miss realpath",
    ),
    pytest.param(
        """
def get_name():
    return request.args.get('n')
def f():
    os.remove(get_name())
""",
        True,
        id="hit helper returns",
    ),
    pytest.param(
        """
def get_cmd():
    return 'ls'
def f():
    os.system(get_cmd())
""",
        False,
        id="miss helper const",
    ),
    pytest.param(
        """
def build(x):
    return 'ls ' + x
def f():
    os.system(build(request.args['d']))
""",
        True,
        id="hit helper passes",
    ),
    pytest.param(
        """
def build(x):
    return 'ls ' + shlex.quote(x)
def f():
    os.system(build(request.args['d']))
""",
        False,
        id="miss helper sanit",
    ),
    pytest.param(
        """
def read(p):
    return open(p).read()
@app.route('/')
def f():
    return read(request.args['p'])
""",
        True,
        id="hit param from caller",
    ),
    pytest.param(
        """
bar = ''
num = 106
if (7*18)+num > 200:
    bar = 'const'
else:
    bar = request.form['x']
os.system(bar)
""",
        False,
        id="miss branch",
    ),
    pytest.param(
        """
m = {}
m['a'] = 'x'
m['b'] = request.form['x']
os.system(m['a'])
""",
        False,
        id="miss dict",
    ),
    pytest.param(
        """
m = {}
m['a'] = 'x'
m['b'] = request.form['x']
os.system(m['b'])
""",
        True,
        id="hit dict",
    ),
    pytest.param(
        """
l = []
l.append('safe')
l.append(param)
l.append('more')
l.pop(0)
os.system(l[1])
""",
        False,
        id="miss list",
    ),
    pytest.param(
        """
l = []
l.append('safe')
l.append(param)
l.append('more')
l.pop(0)
os.system(l[0])
""",
        True,
        id="hit list",
    ),
    pytest.param(
        """
conf.set('s', 'a', 'v')
conf.set('s', 'b', request.form['x'])
os.system(conf.get('s', 'a'))
""",
        False,
        id="miss conf",
    ),
    pytest.param(
        """
conf.set('s', 'a', 'v')
conf.set('s', 'b', request.form['x'])
os.system(conf.get('s', 'b'))
""",
        True,
        id="hit conf",
    ),
    pytest.param(
        """
p = 'ABC'
g = p[1]
match g:
    case 'A':
        bar = param
    case 'B':
        bar = 'bob'
    case 'C' | 'D':
        bar = param
    case _:
        bar = 'x'
os.system(bar)
""",
        False,
        id="miss match",
    ),
    pytest.param(
        """
p = 'ABC'
g = p[0]
match g:
    case 'A':
        bar = param
    case 'B':
        bar = 'bob'
    case _:
        bar = 'x'
os.system(bar)
""",
        True,
        id="hit match",
    ),
    pytest.param(
        """
def q(ids):
    marks = ','.join('?' for _ in ids)
    cur.execute(f'SELECT * FROM t WHERE id IN ({marks})', ids)
""",
        False,
        id="miss placeholders",
    ),
    pytest.param(
        """
cur.execute('SELECT * FROM t WHERE id IN (%s)' % ','.join(['%s'] * len(ids)), ids)
""",
        False,
        id="miss placeholders2",
    ),
    pytest.param(
        """
cur.execute('SELECT * FROM t WHERE id IN ({})'.format(', '.join('?' * len(ids))), ids)
""",
        False,
        id="miss placeholders3",
    ),
    pytest.param(
        """
cur.execute('SELECT * FROM t WHERE id IN (%s)' % ','.join(ids))
""",
        True,
        id="hit join",
    ),
    pytest.param(
        """
cmd = 'tar xf {name}'
os.system(cmd.format(**locals()))
""",
        True,
        id="hit locals",
    ),
    pytest.param(
        """
s = request.args.get('s')
col = s if s in COLUMNS else 'id'
cur.execute(f'SELECT * FROM t ORDER BY {col}')
""",
        False,
        id="miss ternary2",
    ),
    pytest.param(
        """
col = {'a': 'name', 'b': 'age'}.get(request.args['s'], 'id')
cur.execute(f'SELECT * FROM t ORDER BY {col}')
""",
        False,
        id="miss dict get",
    ),
    pytest.param(
        """
COLS = {'a': 'name', 'b': 'age'}
cur.execute('SELECT * FROM t ORDER BY ' + COLS[request.args['s']])
""",
        False,
        id="miss mapping",
    ),
    pytest.param(
        """
def f(cmd=None):
    if cmd is None:
        cmd = 'ls'
    os.system(cmd)
""",
        True,
        id="hit param default",
    ),
    pytest.param(
        """
url = request.args['u']
host = urlparse(url).hostname
if host not in ALLOWED_HOSTS:
    abort(400)
requests.get(url)
""",
        False,
        id="miss urlparse",
    ),
    pytest.param(
        """
url = request.args['u']
host = urlparse(url).hostname
requests.get(url)
""",
        True,
        id="hit urlparse none",
    ),
    pytest.param(
        """
names = [n for n in request.args.getlist('n') if n in ALLOWED]
for n in names:
    open(n)
""",
        False,
        id="miss comp filter",
    ),
    pytest.param(
        """
with urlopen(request.args['u']) as r:
    eval(r.read())
""",
        True,
        id="hit with",
    ),
    pytest.param(
        """
u = request.user.username
open('/data/' + request.session['x'])
""",
        False,
        id="miss session",
    ),
    pytest.param(
        """
r = request
os.remove(r.args['x'])
""",
        True,
        id="hit alias",
    ),
    pytest.param(
        """
class A:
    CMD = 'ls'
    def f(self):
        os.system(self.CMD)
""",
        False,
        id="miss class const",
    ),
    pytest.param(
        """
@mcp.tool()
def run(path: str) -> str:
    return open(path).read()
""",
        True,
        id="hit mcp",
    ),
]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


@pytest.mark.parametrize(("code", "hit"), CASES)
def test_what_is_unsafe_is_found_and_what_is_safe_is_not(scanner: Scanner, code: str, hit: bool) -> None:
    report = scanner.scan(code.strip("\n") + "\n", "python")
    assert bool(report.issues) is hit, [issue.rule.id for issue in report.issues]
