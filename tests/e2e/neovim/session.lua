-- A session as Neovim has it. Run headless in a copy of ../module by run.sh, which sets
-- BRIDGE_COMMAND (the server's argv, one argument a line), RESULT (a file: one line a step, and how
-- the server ended) and END (stop: wait for the server's end; quit: leave that to Neovim). Ends the
-- editor with exit code 1 at the first step that fails.
local result = assert(io.open(os.getenv('RESULT'), 'w'))
result:setvbuf('line')
local WAIT_MS = 60000 -- bounds a wait that never ends

local function note(...) result:write(table.concat({ ... }, ' '), '\n') end

local function check(what, ok, detail)
  note(what, ok and 'ok' or 'FAILED: ' .. vim.inspect(detail))
  if not ok then vim.cmd('cquit 1') end
end

local function run()
  local root = vim.fn.getcwd()
  local diagnostics, ended = {}, false
  local client_id = vim.lsp.start_client({
    cmd = vim.split(os.getenv('BRIDGE_COMMAND'), '\n'),
    root_dir = root,
    on_exit = function(code, signal)
      ended = true
      note('server ended: exit code', code, 'signal', signal)
    end,
    handlers = {
      ['textDocument/publishDiagnostics'] = function(_, params)
        diagnostics[vim.fn.fnamemodify(vim.uri_to_fname(params.uri), ':t')] = params.diagnostics
      end,
    },
  })
  check('start', client_id)
  local client
  check('initialize', vim.wait(WAIT_MS, function()
    client = vim.lsp.get_client_by_id(client_id)
    return client ~= nil and client.server_capabilities ~= nil and client.initialized
  end, 5))

  local function ask(method, params)
    local answer, failure = client.request_sync(method, params, WAIT_MS, 0)
    check(method, answer and not answer.err and answer.result, answer or failure)
    return answer.result
  end
  -- With `content_of`, the buffer is a new file that is not on disk, with that file's content.
  local function open(name, content_of)
    vim.cmd('edit ' .. name)
    vim.bo.filetype = 'go'
    if content_of then vim.api.nvim_buf_set_lines(0, 0, -1, true, vim.fn.readfile(content_of)) end
    check('attach ' .. name, vim.lsp.buf_attach_client(0, client_id))
  end
  -- The n-th occurrence of a word in the buffer, as LSP wants it (ASCII lines only).
  local function at(word, offset, n)
    for line, content in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
      local column = content:find(word, 1, true)
      if column then
        n = (n or 1) - 1
        if n == 0 then
          return {
            textDocument = { uri = vim.uri_from_bufnr(0) },
            position = { line = line - 1, character = column - 1 + offset },
          }
        end
      end
    end
    check('find ' .. word, false)
  end

  open('main.go')
  local hover = ask('textDocument/hover', at('Greet("', 1))
  check('hover text', hover.contents.value:find('func Greet(name string) string', 1, true), hover)
  local definition = ask('textDocument/definition', at('Greet("', 1))
  check('definition line', (definition[1] or definition).range.start.line == 5, definition)
  local rename = at('Greet(n', 1)
  rename.newName = 'Welcome'
  local edit = ask('textDocument/rename', rename)
  local files = edit.documentChanges and #edit.documentChanges or vim.tbl_count(edit.changes or {})
  check('rename both files', files == 2, edit)

  open('unfinished.go', 'unfinished.go.txt')
  local completion = ask('textDocument/completion', at('Printl', 6))
  local labels = vim.tbl_map(function(item) return item.label end, completion.items)
  check('completion items', vim.tbl_contains(labels, 'Println'), labels)

  open('faulty.go', 'faulty.go.txt')
  check('diagnostics', vim.wait(WAIT_MS, function()
    return diagnostics['faulty.go'] and #diagnostics['faulty.go'] > 0
  end, 5), diagnostics)
  check('diagnostics text', diagnostics['faulty.go'][1].message:find('cannot use "not a number"', 1, true))

  if os.getenv('END') == 'stop' then
    client.stop()
    check('stop', vim.wait(WAIT_MS, function() return ended end, 5))
  end
end

local ok, failure = pcall(run)
check('session', ok, failure)
vim.cmd('quitall!')
