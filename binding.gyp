{
  # CMakeLists.txt is the one description of the build; this file only hands over to it, for tools that insist on gyp.
  "targets": [
    {
      "target_name": "ostinato",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake-js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["build/Release/ostinato.node"],
          "action": ["npx", "--no-install", "cmake-js", "compile"]
        }
      ]
    }
  ]
}
